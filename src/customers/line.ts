import { type SQL, sql } from 'drizzle-orm';
import { customers } from '../db/tables.ts';
import { customerFields, type Field, type Fields, type List } from './fields.ts';
import type { Selection } from './selection.ts';

/**
 * One statement for the lines of many customers: rows of `booster_customer_id` and `line` (JSON without a line
 * break), in order of the id.
 *
 * `matched` says which: a query for rows of `customers`. Each list is put together in key order for all of them and
 * joined once; a subquery for each customer takes half as long again. `= any(array(…))` lets the list's own index
 * find its rows, so that a narrow filter reads little (docs/decisions/0003).
 */
export function selectLines(selection: Selection, matched: SQL): SQL {
  const lists: SQL[] = [];
  const line = objectJson(customerFields, selection, lists);
  return sql`with ${customers} as materialized (${matched})
    select ${customers.boosterCustomerId}, ${line} as line
    from ${customers} ${sql.join(lists, sql` `)}
    order by ${customers.boosterCustomerId}`;
}

/** JSON text of the selected fields of one row. `lists` collects the joins that they need. */
function objectJson(fields: Fields, selection: Selection, lists: SQL[]): SQL {
  const members = selection.map(({ key, field, selection }, at) => {
    const name = sql.raw(`'${at === 0 ? '' : ','}"${key}":'`);
    return sql`${name} || ${valueJson(knownField(fields, field), selection, lists)}`;
  });
  return sql`('{' || ${sql.join(members, sql` || `)} || '}')`;
}

function valueJson(field: Field, selection: Selection, lists: SQL[]): SQL {
  switch (field.kind) {
    case 'leaf':
      return field.json;
    case 'group':
      return sql`case when ${field.present} then ${objectJson(field.fields, selection, lists)} else 'null' end`;
    case 'list': {
      const alias = sql.raw(`list_${lists.length}`);
      lists.push(sql`left join (${selectList(field, selection)}) ${alias} using (booster_customer_id)`);
      return sql`coalesce(${alias}.json, '[]')`;
    }
  }
}

function selectList({ table, customerId, order, fields }: List, selection: Selection): SQL {
  return sql`select ${customerId}, '[' || string_agg(${objectJson(fields, selection, [])}, ',' order by ${order}) || ']' as json
    from ${table}
    where ${customerId} = any(array(select ${customers.boosterCustomerId} from ${customers}))
    group by ${customerId}`;
}

function knownField(fields: Fields, name: string): Field {
  const field = fields[name];
  if (!field) throw new Error(`Customer has no field ${name}.`);
  return field;
}
