package dev.coracle.client.internal.http;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** A URL's query; empty texts and zeros are left out. */
public final class Query {

  private final StringBuilder text = new StringBuilder();

  public Query add(String name, String value) {
    if (!value.isEmpty()) {
      text.append(text.isEmpty() ? '?' : '&')
          .append(name)
          .append('=')
          .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
    return this;
  }

  public Query add(String name, long value) {
    return value == 0 ? this : add(name, Long.toString(value));
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
