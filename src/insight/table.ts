/** Numbers as words in rows, before anything decides how they are drawn. */
export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  /** Each as long as the header. A cell is undefined where its number was not measured. */
  readonly rows: readonly (readonly (string | undefined)[])[];
  /** How many of the first columns name the row; 1 if not given. */
  readonly keys?: number;
}
