/**
 * Node reads a package's whole package.json anew for every one of its files that is imported. Drizzle has 122 of them
 * here, and 180 kB of package.json, most of it the address of each file of each dialect: more than half of the time that
 * a process takes to start. What is nobody's door is taken out; what stays are the dialects, the drivers and migrators.
 */
import { readFile, writeFile } from 'node:fs/promises';

const file = new URL('../node_modules/drizzle-orm/package.json', import.meta.url);
const about = JSON.parse(await readFile(file, 'utf8'));
const isDoor = ([path]) => /^\.(\/[\w-]+)?(\/migrator)?$/.test(path);
about.exports = Object.fromEntries(Object.entries(about.exports).filter(isDoor));
await writeFile(file, JSON.stringify(about));
