export { bestPoint } from '../training/history.ts';
