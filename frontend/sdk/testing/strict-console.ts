/** A warning that nobody reads is a defect: in unit tests it is an error at the place that wrote it. */
const refuse = (...words: unknown[]): never => {
  throw new Error(`unexpected console output: ${words.map(String).join(" ")}`);
};
Object.assign(console, { warn: refuse, error: refuse });
