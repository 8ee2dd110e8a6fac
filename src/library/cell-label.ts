import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';

/** What people call a model's cell: `GRU, reset before`. */
export function cellLabel(model: ModelConfig): string {
  return CELL_KINDS[model.cell].label(model);
}
