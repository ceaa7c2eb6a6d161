/**
 * The errors that cross the bridge, one class each. A request fails with one of these and with nothing else.
 */
export * from "./_generated/errors";
