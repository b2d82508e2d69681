package dev.coracle.kubelet.internal.pod;

/** A pod's host name and domain (Kubernetes docs, "Pod's hostname and subdomain fields"). */
public record HostName(String name, String domain) {
  private static final int LONGEST_IN_KERNEL = 64;

  public static HostName of(Pod pod, String clusterDomain) {
    String override = pod.spec().path("hostnameOverride").asText("");
    if (!override.isEmpty()) {
      return new HostName(override, "");
    }
    String host = pod.spec().path("hostname").asText("");
    String name = truncate(host.isEmpty() ? pod.name() : host);
    String subdomain = pod.spec().path("subdomain").asText("");
    String domain =
        subdomain.isEmpty() ? "" : subdomain + "." + pod.namespace() + ".svc." + clusterDomain;
    return new HostName(name, domain);
  }

  /**
   * What the kernel gets: with the domain where the pod wants its full name there.
   *
   * @throws IllegalArgumentException when that is more than the kernel can hold
   */
  public String kernelName(Pod pod) {
    if (!pod.spec().path("setHostnameAsFQDN").asBoolean(false) || domain.isEmpty()) {
      return name;
    }
    String full = name + "." + domain;
    if (full.length() > LONGEST_IN_KERNEL) {
      throw new IllegalArgumentException(
          "failed to construct FQDN from pod hostname and cluster domain, FQDN "
              + full
              + " is too long ("
              + LONGEST_IN_KERNEL
              + " characters is the max, "
              + full.length()
              + " characters requested)");
    }
    return full;
  }

  /** A host name has at most 63 characters and does not end in a dash or dot. */
  private static String truncate(String name) {
    String cut = name.length() > 63 ? name.substring(0, 63) : name;
    int end = cut.length();
    while (end > 0 && (cut.charAt(end - 1) == '-' || cut.charAt(end - 1) == '.')) {
      end--;
    }
    return cut.substring(0, end);
  }
}
