package dev.coracle.apiserver.internal.service;

import java.util.Optional;

/** The two kinds of addresses, as Services name them. */
public enum Family {
  IPV4("IPv4"),
  IPV6("IPv6");

  private final String text;

  Family(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  Family other() {
    return this == IPV4 ? IPV6 : IPV4;
  }

  static Optional<Family> named(String text) {
    for (Family family : values()) {
      if (family.text.equals(text)) {
        return Optional.of(family);
      }
    }
    return Optional.empty();
  }

  /** That of an address that is one. */
  static Family of(String ip) {
    return ip.indexOf(':') >= 0 ? IPV6 : IPV4;
  }
}
