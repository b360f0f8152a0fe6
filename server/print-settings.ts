import { settingsAsMarkdown } from "./platform/settings.ts";

// `npm run settings` writes this into docs/settings.md; the check step "settings fresh" compares the two.
process.stdout.write(settingsAsMarkdown());
