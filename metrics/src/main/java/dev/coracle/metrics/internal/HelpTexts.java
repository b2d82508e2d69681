package dev.coracle.metrics.internal;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * Gives every meter that comes without a description one: from {@code help.properties}, or else its
 * name in words. Prometheus' own linter asks for one.
 */
public final class HelpTexts implements MeterFilter {

  private final Properties texts = new Properties();

  public HelpTexts() {
    try (InputStream in =
        HelpTexts.class.getResourceAsStream("/dev/coracle/metrics/help.properties")) {
      if (in == null) {
        throw new IllegalStateException("help.properties is not on the class path");
      }
      try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
        texts.load(reader);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Meter.Id map(Meter.Id id) {
    String described = id.getDescription();
    if (described != null && !described.isBlank()) {
      return id;
    }
    String name = id.getName().replace('.', '_');
    String key = name.endsWith("_total") ? name.substring(0, name.length() - 6) : name;
    if (!texts.containsKey(key) && key.endsWith("_seconds")) {
      key = key.substring(0, key.length() - 8);
    }
    String text = texts.getProperty(key);
    return new Meter.Id(
        id.getName(),
        Tags.of(id.getTags()),
        id.getBaseUnit(),
        text == null ? inWords(name) : text,
        id.getType());
  }

  private static String inWords(String name) {
    String words = name.replace('_', ' ').strip();
    return words.isEmpty() ? words : Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }
}
