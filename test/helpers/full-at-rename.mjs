// Preloaded (--import): the second and the third time that a file is renamed, the disk is full.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { renameSync } = fs;
let count = 0;
fs.renameSync = (from, to) => {
  count++;
  if (count !== 2 && count !== 3) return renameSync(from, to);
  throw Object.assign(new Error(`ENOSPC: no space left on device, rename '${from}' -> '${to}'`), { code: 'ENOSPC' });
};
syncBuiltinESMExports();
