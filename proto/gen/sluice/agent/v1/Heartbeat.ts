// Original file: proto/agent/v1/heartbeat.proto

import type { Long } from '@grpc/proto-loader';

export interface HeartbeatInput {
  /**
   * the host's DMI UUID, as reported in Hello
   */
  'uuid'?: (string);
  'hostname'?: (string);
  'ips'?: (string)[];
  /**
   * of all cores, 0..100
   */
  'cpuPercent'?: (number | string);
  'memoryTotalBytes'?: (number | string | Long);
  'memoryUsedBytes'?: (number | string | Long);
  'processRssBytes'?: (number | string | Long);
  'load1'?: (number | string);
  /**
   * of the file system that holds the agent's state
   */
  'diskTotalBytes'?: (number | string | Long);
  'diskFreeBytes'?: (number | string | Long);
  /**
   * wall clock, for the clock offset
   */
  'agentTimeMs'?: (number | string | Long);
  'channels'?: (number);
  'freeChannels'?: (number);
  'inflight'?: (number);
  'beatNo'?: (number | string | Long);
  /**
   * a second, all interfaces but loopback
   */
  'networkReceivedBytes'?: (number | string | Long);
  /**
   * a second
   */
  'networkSentBytes'?: (number | string | Long);
  /**
   * this host's clock less the control plane's, by the last acknowledged beat
   */
  'clockOffsetMs'?: (number | string | Long);
  /**
   * of that beat
   */
  'roundTripMs'?: (number);
}

export interface Heartbeat {
  /**
   * the host's DMI UUID, as reported in Hello
   */
  'uuid': (string);
  'hostname': (string);
  'ips': (string)[];
  /**
   * of all cores, 0..100
   */
  'cpuPercent': (number);
  'memoryTotalBytes': (number);
  'memoryUsedBytes': (number);
  'processRssBytes': (number);
  'load1': (number);
  /**
   * of the file system that holds the agent's state
   */
  'diskTotalBytes': (number);
  'diskFreeBytes': (number);
  /**
   * wall clock, for the clock offset
   */
  'agentTimeMs': (number);
  'channels': (number);
  'freeChannels': (number);
  'inflight': (number);
  'beatNo': (number);
  /**
   * a second, all interfaces but loopback
   */
  'networkReceivedBytes': (number);
  /**
   * a second
   */
  'networkSentBytes': (number);
  /**
   * this host's clock less the control plane's, by the last acknowledged beat
   */
  'clockOffsetMs': (number);
  /**
   * of that beat
   */
  'roundTripMs': (number);
}
