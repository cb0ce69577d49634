// Loaded before a process of ours (with --expose-gc): SIGWINCH has it collect its garbage, so that what it occupies then is
// what it needs. By itself it does so only when memory is short, which can take longer than a measurement.
process.on('SIGWINCH', () => globalThis.gc())
