// What choosing among the members of one RRset goes by: STEERING.md §3. It stands in the image beside the records.
import { type Network, scanNetwork, showNetwork } from '../base/network.ts';
import type { SteeringLines } from './lines.ts';
import { DEFAULT_ATTRIBUTES, type MemberAttributes } from './member-line.ts';
import type { Order, Policy, RankWord } from './policy-line.ts';

/** A policy and the members of one RRset, as the way to the image has left them: nothing in it lapses. */
export interface Choosing
  extends Pick<Policy, 'rank' | 'within' | 'order' | 'take' | 'need' | 'ecs' | 'prefix'> {
  /** Those that answer first, in the order of their records; then those that do not, which are ranked with them. */
  readonly members: readonly ChoosingMember[];
}

/** One desired member. */
export interface ChoosingMember
  extends Pick<
    MemberAttributes,
    'at' | 'weight' | 'net' | 'isp' | 'asn' | 'country' | 'continent' | 'bias' | 'backup'
  > {
  /** In presentation format. */
  readonly member: string;
  /** Live, or answering because too few are: it has a record. */
  readonly isAnswering: boolean;
}

/** What choosing goes by, for members in the order that {@link Choosing.members} wants; the first `answering` answer. */
export function choosingOf(
  policy: Policy,
  lines: SteeringLines,
  members: readonly string[],
  answering: number,
): Choosing {
  const { rank, within, order, take, need, ecs, prefix } = policy;
  return {
    ...{ rank, within, order, take, need, ecs, prefix },
    members: members.map((member, i) => {
      const said = lines.members.get(member) ?? DEFAULT_ATTRIBUTES;
      const { at, weight, net, isp, asn, country, continent, bias, backup } = said;
      const attributes = { at, weight, net, isp, asn, country, continent, bias, backup };
      return { member, isAnswering: i < answering, ...attributes };
    }),
  };
}

/** Whether clients at different places may get different members. */
export function isPerClient({ rank, members }: Choosing): boolean {
  return rank.length > 0 && members.length > 1;
}

/** Octets that mean the same choosing exactly when they are equal. */
export function composeChoosing(choosing: Choosing): Uint8Array {
  const { rank, within, order, take, need, ecs, prefix, members } = choosing;
  const form: ChoosingForm = {
    policy: [rank, within, order, Number.isFinite(take) ? take : 0, need, ecs, prefix.ipv4, prefix.ipv6],
    members: members.map(formOf),
  };
  return Buffer.from(JSON.stringify(form));
}

/** Reads what {@link composeChoosing} wrote. */
export function parseChoosing(octets: Uint8Array): Choosing {
  const form: ChoosingForm = JSON.parse(Buffer.from(octets).toString());
  const [rank, within, order, take, need, ecs, ipv4, ipv6] = form.policy;
  return {
    ...{ rank, within, order, need, ecs },
    take: take === 0 ? Number.POSITIVE_INFINITY : take,
    prefix: { ipv4, ipv6 },
    members: form.members.map(memberOf),
  };
}

// --- the form in the image ---

/** Read once by each thread, when it first meets an RRset of this choosing: what takes time is worked out then. */
interface ChoosingForm {
  readonly policy: readonly [
    readonly RankWord[],
    number,
    Order,
    number,
    number,
    Policy['ecs'],
    number,
    number,
  ];
  readonly members: readonly MemberForm[];
}

/** What is as by default is left out. */
interface MemberForm extends Partial<Omit<ChoosingMember, 'net' | 'at' | 'isAnswering'>> {
  readonly member: string;
  readonly answers?: true;
  readonly place?: readonly [number, number];
  readonly nets?: readonly string[];
}

function formOf({ member, isAnswering, at, net, ...attributes }: ChoosingMember): MemberForm {
  const { weight, isp, asn, country, continent, bias, backup } = attributes;
  return {
    member,
    ...(isAnswering ? { answers: true } : {}),
    ...(at === undefined ? {} : { place: [at.latitude, at.longitude] }),
    ...(weight === 1 ? {} : { weight }),
    ...(net.length === 0 ? {} : { nets: net.map(showNetwork) }),
    ...(isp.length === 0 ? {} : { isp }),
    ...(asn.length === 0 ? {} : { asn }),
    ...(country.length === 0 ? {} : { country }),
    ...(continent.length === 0 ? {} : { continent }),
    ...(bias === 0 ? {} : { bias }),
    ...(backup ? { backup } : {}),
  };
}

/** Field by field: a policy of thousands of members is read by every query thread, between two answers. */
function memberOf(form: MemberForm): ChoosingMember {
  const { place } = form;
  return {
    member: form.member,
    isAnswering: form.answers === true,
    at: place && { latitude: place[0], longitude: place[1] },
    weight: form.weight ?? DEFAULT_ATTRIBUTES.weight,
    net: form.nets === undefined ? [] : networksOf(form.nets),
    isp: form.isp ?? DEFAULT_ATTRIBUTES.isp,
    asn: form.asn ?? DEFAULT_ATTRIBUTES.asn,
    country: form.country ?? DEFAULT_ATTRIBUTES.country,
    continent: form.continent ?? DEFAULT_ATTRIBUTES.continent,
    bias: form.bias ?? DEFAULT_ATTRIBUTES.bias,
    backup: form.backup ?? DEFAULT_ATTRIBUTES.backup,
  };
}

function networksOf(texts: readonly string[]): readonly Network[] {
  return texts.map(scanNetwork).filter((network) => network !== undefined);
}
