/** The values of a form's fields by their names; undefined where the browser finds one that is not allowed, which it then marks. */
export function valuesOf(form: HTMLFormElement): FormValues | undefined {
  return form.checkValidity() ? new FormValues(new FormData(form)) : undefined;
}

export class FormValues {
  readonly #data: FormData;

  constructor(data: FormData) {
    this.#data = data;
  }

  text(name: string): string {
    return String(this.#data.get(name) ?? '');
  }

  number(name: string): number {
    return Number(this.text(name));
  }
}
