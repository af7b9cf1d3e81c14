// Original file: proto/agent/v1/upgrade.proto

import type { Long } from '@grpc/proto-loader';

/**
 * An upgrade is asked for by the control plane, carried out by the agent and judged on the host:
 * the launcher starts the new version, and the old one again when it does not become healthy.
 * While the control plane is away nothing is judged.
 */
export interface UpgradeInput {
  'upgradeId'?: (number | string | Long);
  /**
   * JSON text, exactly as signed: {version, os, arch, sha256, bytes, builtAt}
   */
  'manifest'?: (string);
  /**
   * Ed25519 of the manifest's UTF-8
   */
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * running work may take so long before the restart
   */
  'drainMs'?: (number);
  /**
   * the new version must be connected within this
   */
  'healthMs'?: (number);
}

/**
 * An upgrade is asked for by the control plane, carried out by the agent and judged on the host:
 * the launcher starts the new version, and the old one again when it does not become healthy.
 * While the control plane is away nothing is judged.
 */
export interface Upgrade {
  'upgradeId': (number);
  /**
   * JSON text, exactly as signed: {version, os, arch, sha256, bytes, builtAt}
   */
  'manifest': (string);
  /**
   * Ed25519 of the manifest's UTF-8
   */
  'signature': (Buffer);
  /**
   * running work may take so long before the restart
   */
  'drainMs': (number);
  /**
   * the new version must be connected within this
   */
  'healthMs': (number);
}
