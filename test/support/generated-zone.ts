// Zones made by rule, the same on every run: large enough to hold every shape that answering knows.

/** The apex of the large one. */
export const GENERATED_APEX = 'big.test';
/** The apex of one delegated by it and hosted too. */
export const GENERATED_CHILD_APEX = 'kid.big.test';
/** Hosted beside them with the data of the child: one that nobody delegates, and one below a cut. */
export const GENERATED_LOST_APEXES = ['lost.big.test', 'sub.cut1.big.test'] as const;

/** A master file of about 2,000 names for {@link GENERATED_APEX}. */
export function generatedZone(): string {
  const lines = [
    '$TTL 300',
    '@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 60',
    '@ 3600 NS ns1',
    '@ 3600 NS ns2',
    '@ MX 10 mail',
    '@ TXT "v=spf1 -all"',
    'ns1 A 192.0.2.53',
    'ns1 AAAA 2001:db8::53',
    'ns2 A 198.51.100.53',
    'mail A 192.0.2.25',
  ];
  for (let i = 0; i < 1000; i++) lines.push(...host(i));
  for (let i = 0; i < 40; i++) lines.push(...pool(i));
  for (let i = 0; i < 100; i++) lines.push(...deep(i), ...wildcard(i), ...cut(i));
  for (let i = 0; i < 60; i++) lines.push(...redirection(i));
  for (let i = 0; i < 20; i++) lines.push(...chain(i));
  lines.push(...ODDITIES);
  return `${lines.join('\n')}\n`;
}

/** A master file for {@link GENERATED_CHILD_APEX}. */
export function generatedChildZone(): string {
  return `$TTL 300
@ 3600 SOA ns hostmaster 1 7200 900 1209600 30
@ NS ns
ns A 192.0.2.54
www A 192.0.2.80
*.w A 192.0.2.81
up CNAME host7.big.test.
dept NS ns.dept
ns.dept A 192.0.2.55
`;
}

// --- shapes ---

function host(i: number): string[] {
  const lines = [`host${i} A 192.0.2.${i % 256}`];
  if (i % 3 === 0) lines.push(`host${i} A 198.51.100.${i % 256}`);
  if (i % 2 === 0) lines.push(`host${i} 60 AAAA 2001:db8::${i.toString(16)}`);
  if (i % 7 === 0) lines.push(`host${i} MX 10 mail`, `host${i} MX 20 host${i + 1}`);
  if (i % 11 === 0) lines.push(`_sip._udp.host${i} SRV 0 0 5060 host${i}`);
  if (i % 13 === 0) lines.push(`host${i} TXT "host number ${i}"`, `host${i} HINFO "A" "B"`);
  if (i % 17 === 0) lines.push(`host${i} CAA 0 issue "ca.example"`, `host${i} TYPE65280 \\# 2 0${i % 10}0f`);
  if (i % 19 === 0) lines.push(`host${i} HTTPS 1 . alpn=h2`, `host${i} 3600 PTR mail`);
  return lines;
}

/** RRsets up to what no UDP answer holds; 100 records are the most that BIND loads. */
function pool(i: number): string[] {
  const lines: string[] = [];
  for (let n = 0; n <= i * 2.5; n++) lines.push(`pool${i} A 203.0.113.${n}`);
  for (let n = 0; n <= i; n++) lines.push(`pool${i} AAAA 2001:db8:1::${n.toString(16)}`);
  for (let n = 0; n <= i / 2; n++) lines.push(`pool${i} TXT "${String(n).padStart(60, 'x')}"`);
  for (let n = 0; n <= i / 3; n++) lines.push(`pool${i} MX ${n} host${n * 20 + i}`);
  return lines;
}

/** Empty non-terminals. */
function deep(i: number): string[] {
  return [
    `a.b.c.deep${i} A 192.0.2.${i}`,
    `x.b.c.deep${i} TXT "deep"`,
    ...(i % 2 ? [`c.deep${i} TXT "c"`] : []),
  ];
}

function wildcard(i: number): string[] {
  const base = `wild${i}`;
  const source = [
    [`*.${base} A 192.0.2.${i}`, `*.${base} AAAA 2001:db8::${i.toString(16)}`],
    [`*.${base} CNAME host${i}`],
    [`*.${base} MX 10 mail`, `*.${base} TXT "wild"`],
    [`ent.*.${base} A 192.0.2.${i}`],
    [`*.${base} CNAME nothing`],
  ];
  return [...(source[i % source.length] ?? []), `here.${base} TXT "not wild"`, `x.ent.${base} A 192.0.2.1`];
}

function cut(i: number): string[] {
  const base = `cut${i}`;
  const lines = [`${base} 3600 NS ns.${base}`, `ns.${base} A 192.0.2.${i}`];
  if (i % 2 === 0) lines.push(`${base} 3600 NS ns.example.`);
  if (i % 3 === 0)
    lines.push(`${base} 3600 NS ns.cut${(i + 1) % 100}`, `ns.${base} AAAA 2001:db8::${i.toString(16)}`);
  if (i % 5 === 0) lines.push(`${base} DS ${i} 13 1 0123456789012345678901234567890123456789`);
  if (i % 7 === 0) lines.push(`${base} 3600 NS ns1`, `deeper.${base} A 192.0.2.7`);
  if (i % 10 === 0)
    for (let n = 0; n < i / 4; n++)
      lines.push(`${base} 3600 NS n${n}.${base}`, `n${n}.${base} A 198.51.100.${n}`);
  return lines;
}

function redirection(i: number): string[] {
  const targets = [
    `wild${i}`,
    `deep${i}`,
    `cut${i}`,
    'example.',
    `dn${i + 1}`,
    'www.kid',
    GENERATED_APEX_DOT,
  ];
  return [`dn${i} DNAME ${targets[i % targets.length]}`, ...(i % 2 ? [`dn${i} A 192.0.2.${i}`] : [])];
}

/** Aliases: `chain7-0` leads over seven more to `ends[7 % …]`. */
function chain(i: number): string[] {
  const ends = [
    `host${i}`,
    'nothing',
    `x.wild${i}`,
    `www.cut${i}`,
    `a.b.c.dn${i}`,
    'www.example.',
    'www.kid',
    'www.example.test.',
  ];
  const lines = [];
  for (let n = 0; n < i; n++) lines.push(`chain${i}-${n} ${60 + n} CNAME chain${i}-${n + 1}`);
  return [...lines, `chain${i}-${i} CNAME ${ends[i % ends.length]}`];
}

const GENERATED_APEX_DOT = `${GENERATED_APEX}.`;
const LONG = ['x', 'y', 'z'].map((letter) => letter.repeat(60)).join('.');

const ODDITIES = [
  'loop1 CNAME loop2',
  'loop2 CNAME loop3',
  'loop3 CNAME loop1',
  'self CNAME self',
  `long DNAME ${LONG}.example.`,
  `${LONG}.deepest A 192.0.2.1`,
  'MiXeD A 192.0.2.2',
  'MiXeD MX 10 Mail.Example.',
  'to-mixed CNAME mIxEd',
  'esc\\.aped A 192.0.2.3',
  'sp\\032ace TXT "owner with a space"',
  'oct\\000et A 192.0.2.4',
  'null MX 0 .',
  'ghost MX 10 nobody',
  'alias-mx MX 10 to-mixed',
  'naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.test!" .',
  'kid NS ns.kid',
  'kid NS ns1',
  'kid DS 7 13 1 0123456789012345678901234567890123456789',
  'ns.kid A 192.0.2.54',
];
