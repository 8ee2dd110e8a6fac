/** Numbers as words in rows, before anything decides how they are drawn. */
export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  /** Each as long as the header. */
  readonly rows: readonly (readonly string[])[];
  /** How many of the first columns name the row; 1 if not given. */
  readonly keys?: number;
}
