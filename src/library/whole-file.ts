export { replaceFile, targetOf } from '../nn/whole-file.ts';
