import { MONITOR_SETTINGS } from './monitor-settings.ts';
import type { SettingsFile } from './setting.ts';
import { SETTINGS } from './settings.ts';

/** The configuration of the server. */
export const WAYPOST_TOML: SettingsFile = {
  name: 'waypost.toml',
  description: 'The configuration of the Waypost authoritative DNS server.',
  introduction: `# Configuration

<!-- Made from src/config/settings.ts by \`node dist/test/config/write-docs.js\`; a test holds it equal. -->

Waypost is configured by one [TOML](https://toml.io) file: \`waypost.toml\` in the working directory, or the one given
with \`-c FILE\`. Every setting has a default; without a file all of them hold. Paths in the file are relative to the
directory of the file. A setting that is not listed here is an error, so that a slip of the pen is not taken for the
default; all errors of a file are reported at once, with line and column. In the names below \`*\` stands for a name
that you choose: there may be many such tables, or none.

\`waypost check\` reads the file exactly as \`waypost serve\` does and says what is wrong. SIGHUP and \`waypost zone reload\`
take over \`[keys]\`, \`[geo]\` and the \`[zone]\` tables; the other settings hold from the next start on. Editors that know JSON Schema
(Even Better TOML, taplo) complete and check the file with [waypost.schema.json](waypost.schema.json):

\`\`\`toml
#:schema ./docs/waypost.schema.json
\`\`\`
`,
  settings: SETTINGS,
};

/** The configuration of the monitor. */
export const MONITOR_TOML: SettingsFile = {
  name: 'monitor.toml',
  description:
    'The configuration of waypost monitor, which probes hosts and changes DNS records accordingly.',
  introduction: `# Configuration of the monitor

<!-- Made from src/config/monitor-settings.ts by \`node dist/test/config/write-docs.js\`; a test holds it equal. -->

\`waypost monitor\` is configured by one [TOML](https://toml.io) file: \`monitor.toml\` in the working directory, or the one
given with \`-c FILE\`. How the parts work together is told in [monitor.md](monitor.md); this page has every setting.
Paths in the file are relative to the directory of the file. A setting that is not listed here is an error; all errors of a
file are reported at once, with line and column. In the names below \`*\` stands for a name that you choose: there may be
many such tables.

Times are written with their unit, in quotes: \`"200ms"\`, \`"5s"\`, \`"10min"\`, \`"1h"\`. TTLs are numbers of seconds, as they
are in zone files.

\`waypost check monitor.toml\` reads the file exactly as \`waypost monitor\` does and says what is wrong. SIGHUP takes over
everything in the file but \`log\`, \`report\`, \`parallel\`, \`programs\` and \`state\`, and forgets nothing of what has been seen. Editors that know JSON Schema complete and
check the file with [waypost-monitor.schema.json](waypost-monitor.schema.json):

\`\`\`toml
#:schema ./docs/waypost-monitor.schema.json
\`\`\`
`,
  settings: MONITOR_SETTINGS,
};
