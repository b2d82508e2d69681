package dev.coracle.proxy.internal.policy;

import java.util.Locale;

/** What a NetworkPolicy's port, or a container's, speaks. */
enum Protocol {
  TCP,
  UDP,
  SCTP;

  /** TCP where nothing is said, as the API has it. */
  static Protocol of(String text) {
    return text.isEmpty() ? TCP : valueOf(text);
  }

  /** As nft spells it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
