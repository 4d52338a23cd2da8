import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Search attributes of every Slipway workflow; `slipway dev` registers them, `slipway doctor` checks them. */
export const searchAttributes = {
  project: defineSearchAttributeKey('SlipwayProject', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('SlipwayStage', SearchAttributeType.KEYWORD),
  service: defineSearchAttributeKey('SlipwayService', SearchAttributeType.KEYWORD),
  context: defineSearchAttributeKey('SlipwayContext', SearchAttributeType.KEYWORD),
  sequence: defineSearchAttributeKey('SlipwaySequence', SearchAttributeType.KEYWORD),
  result: defineSearchAttributeKey('SlipwayResult', SearchAttributeType.KEYWORD),
} as const;

/** Names only, for registration on a server. */
export const SEARCH_ATTRIBUTE_NAMES: readonly string[] = Object.values(searchAttributes).map(
  (key) => key.name,
);
