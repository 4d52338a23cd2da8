/** The template is broken, uses what is not supported, or asks for a value that is not there. */
export class TemplateError extends Error {
  override readonly name = 'TemplateTerminalError';
}
