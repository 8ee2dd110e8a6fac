/** The build makes a module of a text file. */
declare module '*.txt' {
  export const text: string;
}
