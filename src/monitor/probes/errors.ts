import { WaypostError } from '../../base/errors.ts';

/** Options of a probe that cannot be used: the text says which one, and why. */
export class ProbeOptionsError extends WaypostError {
  readonly code = 'WP_PROBE_OPTIONS';
}

/** This system cannot probe in this way: the text says what is missing, and how to get it. */
export class ProbeUnavailableError extends WaypostError {
  readonly code = 'WP_PROBE_UNAVAILABLE';
}

/**
 * Ends a run of a probe from within; its text is the evidence. Inconclusive: it says nothing about the target, because
 * what failed is ours.
 */
export class ProbeFailure extends WaypostError {
  readonly code = 'WP_PROBE_FAILURE';
  readonly isInconclusive: boolean;

  constructor(evidence: string, options: ErrorOptions & { readonly isInconclusive?: boolean } = {}) {
    super(evidence, options);
    this.isInconclusive = options.isInconclusive ?? false;
  }
}
