import type { Faker } from '@faker-js/faker';
import { faker as arabic } from '@faker-js/faker/locale/ar';
import { faker as german } from '@faker-js/faker/locale/de';
import { faker as swissGerman } from '@faker-js/faker/locale/de_CH';
import { faker as greek } from '@faker-js/faker/locale/el';
import { faker as british } from '@faker-js/faker/locale/en_GB';
import { faker as indian } from '@faker-js/faker/locale/en_IN';
import { faker as american } from '@faker-js/faker/locale/en_US';
import { faker as spanish } from '@faker-js/faker/locale/es';
import { faker as mexican } from '@faker-js/faker/locale/es_MX';
import { faker as french } from '@faker-js/faker/locale/fr';
import { faker as hebrew } from '@faker-js/faker/locale/he';
import { faker as italian } from '@faker-js/faker/locale/it';
import { faker as japanese } from '@faker-js/faker/locale/ja';
import { faker as korean } from '@faker-js/faker/locale/ko';
import { faker as polish } from '@faker-js/faker/locale/pl';
import { faker as brazilian } from '@faker-js/faker/locale/pt_BR';
import { faker as russian } from '@faker-js/faker/locale/ru';
import { faker as swedish } from '@faker-js/faker/locale/sv';
import { faker as turkish } from '@faker-js/faker/locale/tr';
import { faker as vietnamese } from '@faker-js/faker/locale/vi';
import { faker as chinese } from '@faker-js/faker/locale/zh_CN';
import { faker as taiwanese } from '@faker-js/faker/locale/zh_TW';

export type Country = {
  /** As in `locationCountryId`. */
  readonly id: string;
  /** Of a hundred customers of a world-wide Maison, about how many live there. */
  readonly weight: number;
  readonly names: Faker;
  /** Mobile numbers in E.164; `#` is any digit. */
  readonly phones: readonly string[];
};

/** Where demo customers live: Latin letters with and without accents, Greek, Cyrillic, CJK and right-to-left ones. */
export const countries: readonly Country[] = [
  { id: 'it', weight: 14, names: italian, phones: ['+39320#######', '+39347#######', '+39335######'] },
  { id: 'fr', weight: 13, names: french, phones: ['+336########', '+337########'] },
  { id: 'ch', weight: 6, names: swissGerman, phones: ['+4178#######', '+4179#######'] },
  { id: 'de', weight: 7, names: german, phones: ['+49151########', '+49170#######'] },
  // As the CRM writes it.
  { id: 'en', weight: 7, names: british, phones: ['+447700######', '+447911######'] },
  { id: 'es', weight: 4, names: spanish, phones: ['+346########'] },
  { id: 'se', weight: 1, names: swedish, phones: ['+4670#######'] },
  { id: 'pl', weight: 1, names: polish, phones: ['+4850#######'] },
  { id: 'gr', weight: 1, names: greek, phones: ['+3069########'] },
  { id: 'tr', weight: 2, names: turkish, phones: ['+9053########'] },
  { id: 'us', weight: 12, names: american, phones: ['+1212555####', '+1310555####', '+1305555####'] },
  { id: 'mx', weight: 2, names: mexican, phones: ['+5255########'] },
  { id: 'br', weight: 2, names: brazilian, phones: ['+55119########'] },
  { id: 'jp', weight: 9, names: japanese, phones: ['+8180########', '+8190########'] },
  { id: 'cn', weight: 8, names: chinese, phones: ['+86138########', '+86186########'] },
  { id: 'tw', weight: 2, names: taiwanese, phones: ['+8869########'] },
  { id: 'kr', weight: 3, names: korean, phones: ['+8210########'] },
  { id: 'vn', weight: 1, names: vietnamese, phones: ['+849########'] },
  { id: 'in', weight: 1, names: indian, phones: ['+9198########'] },
  { id: 'ae', weight: 3, names: arabic, phones: ['+97150#######', '+97155#######'] },
  { id: 'il', weight: 1, names: hebrew, phones: ['+97252#######'] },
  { id: 'kz', weight: 1, names: russian, phones: ['+7701#######'] },
];
