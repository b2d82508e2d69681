package dev.coracle.kubelet.internal.image;

/**
 * A server that a pull secret or a program has credentials for, such as {@code
 * registry.example.org/team} or {@code *.example.org}: stars stand within one label of the host,
 * the path is a prefix (Kubernetes docs, "Images", config.json). Its text comes from anybody who
 * may write a secret, so matching takes time in proportion to the lengths alone.
 */
public record CredentialServer(String host, String path) {

  public static CredentialServer of(String server) {
    String rest = server;
    for (String scheme : new String[] {"https://", "http://"}) {
      if (rest.startsWith(scheme)) {
        rest = rest.substring(scheme.length());
        break;
      }
    }
    int slash = rest.indexOf('/');
    String path = slash < 0 ? "" : rest.substring(slash);
    // As Docker writes its own registry: https://index.docker.io/v1/.
    if (path.equals("/v1")
        || path.equals("/v2")
        || path.startsWith("/v1/")
        || path.startsWith("/v2/")) {
      path = path.substring("/v1".length());
    }
    return new CredentialServer(
        slash < 0 ? rest : rest.substring(0, slash), path.equals("/") ? "" : path);
  }

  /** Without scheme and version. */
  String text() {
    return host + path;
  }

  public boolean fits(String image) {
    String registry = ImageReference.registry(image);
    boolean named = image.startsWith(registry + "/");
    String imagePath = named ? image.substring(registry.length()) : "/" + image;
    if (path.isEmpty()
        && registry.equals("docker.io")
        && (host.equals("docker.io") || host.equals("index.docker.io"))) {
      return true;
    }
    return isHost(registry) && imagePath.startsWith(path);
  }

  private boolean isHost(String registry) {
    int port = portAt(host);
    int portOfRegistry = portAt(registry);
    String[] patterns = host.substring(0, port).split("\\.", -1);
    String[] labels = registry.substring(0, portOfRegistry).split("\\.", -1);
    if (patterns.length != labels.length
        || !host.substring(port).equals(registry.substring(portOfRegistry))) {
      return false;
    }
    for (int i = 0; i < labels.length; i++) {
      if (!isLabel(patterns[i], labels[i])) {
        return false;
      }
    }
    return true;
  }

  private static int portAt(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? colon : host.length();
  }

  /** Goes back to the last star only, which is enough where nothing else is special. */
  private static boolean isLabel(String pattern, String label) {
    int p = 0;
    int l = 0;
    int star = -1;
    int starred = 0;
    while (l < label.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        starred = l;
      } else if (p < pattern.length() && pattern.charAt(p) == label.charAt(l)) {
        p++;
        l++;
      } else if (star >= 0) {
        p = star + 1;
        l = ++starred;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
