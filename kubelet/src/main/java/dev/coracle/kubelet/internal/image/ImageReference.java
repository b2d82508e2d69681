package dev.coracle.kubelet.internal.image;

import java.util.Locale;
import java.util.regex.Pattern;

/** An image's name as users write it (OCI distribution, "Pulling manifests"). */
public final class ImageReference {
  private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final String DOMAIN =
      "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
  private static final Pattern REFERENCE =
      Pattern.compile(
          "^(?:"
              + DOMAIN
              + "/)?"
              + COMPONENT
              + "(?:/"
              + COMPONENT
              + ")*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$");
  private static final int MOST_OF_NAME = 255;

  /** Name, tag and digest. */
  private static final int MOST = MOST_OF_NAME + 1 + 128 + 1 + 255;

  private static final Pattern ID = Pattern.compile("^[0-9a-f]{64}$");

  private ImageReference() {}

  /**
   * The name with {@code :latest} where it has neither tag nor digest.
   *
   * @throws IllegalArgumentException with upstream's words for what is no name
   */
  public static String withTag(String image) {
    if (nameOf(image).length() > MOST_OF_NAME || image.length() > MOST) {
      // Also because the pattern takes more stack the longer the name is.
      throw new IllegalArgumentException(
          "couldn't parse image name \""
              + image.substring(0, MOST_OF_NAME)
              + "...\": repository name must not be more than "
              + MOST_OF_NAME
              + " characters");
    }
    if (image.isEmpty() || !REFERENCE.matcher(image).matches() || ID.matcher(image).matches()) {
      String repository = repository(image);
      String why =
          !repository.equals(repository.toLowerCase(Locale.ROOT))
              ? "invalid reference format: repository name (" + repository + ") must be lowercase"
              : "invalid reference format";
      throw new IllegalArgumentException("couldn't parse image name \"" + image + "\": " + why);
    }
    int slash = image.lastIndexOf('/');
    boolean tagged = image.indexOf('@') >= 0 || image.indexOf(':', slash + 1) >= 0;
    return tagged ? image : image + ":latest";
  }

  /** The registry an image is pulled from, {@code docker.io} by default. */
  public static String registry(String image) {
    return hasRegistry(image) ? image.substring(0, image.indexOf('/')) : "docker.io";
  }

  /** The full name of an image without tag and digest: {@code docker.io/library/busybox}. */
  public static String fullName(String image) {
    int digest = image.indexOf('@');
    String name = digest < 0 ? image : image.substring(0, digest);
    return registry(name) + "/" + repository(name);
  }

  private static boolean hasRegistry(String image) {
    String first = image.substring(0, Math.max(0, image.indexOf('/')));
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  /** The name without registry and tag, as Docker Hub has it where no registry is named. */
  private static String repository(String image) {
    String rest = hasRegistry(image) ? image.substring(image.indexOf('/') + 1) : image;
    if (registry(image).equals("docker.io") && rest.indexOf('/') < 0) {
      rest = "library/" + rest;
    }
    int colon = rest.indexOf(':');
    return colon < 0 ? rest : rest.substring(0, colon);
  }

  private static String nameOf(String image) {
    int colon = image.indexOf(':', image.lastIndexOf('/') + 1);
    return colon < 0 ? image : image.substring(0, colon);
  }
}
