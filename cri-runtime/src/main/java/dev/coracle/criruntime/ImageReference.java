package dev.coracle.criruntime;

import dev.coracle.criruntime.internal.image.Digest;
import java.util.Locale;

/**
 * A name of an image, in full: {@code registry/repository}, and a tag or a digest or both. Short
 * names get Docker's defaults ({@code nginx} is {@code docker.io/library/nginx:latest}).
 */
public record ImageReference(String registry, String repository, String tag, String digest) {

  private static final int MOST_CHARACTERS = 255;

  /**
   * @throws IllegalArgumentException when the text is no reference
   */
  public static ImageReference parse(String text) {
    String rest = text.strip();
    String digest = "";
    int at = rest.indexOf('@');
    if (at >= 0) {
      digest = rest.substring(at + 1);
      rest = rest.substring(0, at);
      Digest.check(digest);
    }
    String tag = "";
    int colon = rest.lastIndexOf(':');
    if (colon > rest.lastIndexOf('/')) {
      tag = rest.substring(colon + 1);
      rest = rest.substring(0, colon);
      if (!tag.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")) {
        throw new IllegalArgumentException("invalid reference format: " + text);
      }
    }
    // As in upstream's reference package; what is longer would also be too much for the patterns.
    if (rest.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "invalid reference format: repository name must not be more than "
              + MOST_CHARACTERS
              + " characters");
    }
    String registry = "docker.io";
    String repository = rest;
    int slash = rest.indexOf('/');
    if (slash > 0) {
      String first = rest.substring(0, slash);
      if (first.contains(".") || first.contains(":") || first.equals("localhost")) {
        registry = first;
        repository = rest.substring(slash + 1);
      }
    }
    if (!registry.matches(
        "([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+])(:[0-9]+)?")) {
      throw new IllegalArgumentException("invalid reference format: " + text);
    }
    if (registry.equals("docker.io") && !repository.contains("/")) {
      repository = "library/" + repository;
    }
    if (!repository.matches("[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")) {
      throw new IllegalArgumentException("invalid reference format: " + text);
    }
    if (tag.isEmpty() && digest.isEmpty()) {
      tag = "latest";
    }
    return new ImageReference(registry.toLowerCase(Locale.ROOT), repository, tag, digest);
  }

  /** {@code registry/repository}. */
  public String name() {
    return registry + "/" + repository;
  }

  /** What a registry knows it by: the digest if there is one, else the tag. */
  public String version() {
    return digest.isEmpty() ? tag : digest;
  }

  @Override
  public String toString() {
    return name() + (digest.isEmpty() ? ":" + tag : "@" + digest);
  }
}
