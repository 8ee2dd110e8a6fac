// What constraints need, loaded as a whole: pages have `no-constraints.ts` in its place (package.json, "imports").
export { Constraint } from './constraint.ts';
export { languageOf } from './language.ts';
