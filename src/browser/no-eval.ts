import { config } from 'zod';

// zod would try whether it may make functions of text, which the content security policy of a page forbids and browsers report. Imported
// before the modules that make schemas.
config({ jitless: true });
