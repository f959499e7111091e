import fc from 'fast-check';

/** The same examples in every run, so that what fails is of the change at hand: `PROPERTY_SEED=N` asks for others. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });

export { fc };
