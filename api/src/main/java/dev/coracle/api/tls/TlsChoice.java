package dev.coracle.api.tls;

import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * Which versions of TLS a server speaks, and by which ciphers, by the names that Go has for them.
 *
 * @param onlyVersion13 {@code VersionTLS13}; otherwise {@code VersionTLS12} and it
 * @param cipherSuites of version 1.2, empty for the platform's own choice; those of 1.3 are always
 *     offered, as Go does
 */
public record TlsChoice(boolean onlyVersion13, List<String> cipherSuites) {
  public static final TlsChoice DEFAULT = new TlsChoice(false, List.of());

  private static final List<String> OF_VERSION_13 =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");
  private static final String SHORT_NAME = "_WITH_CHACHA20_POLY1305";

  public TlsChoice {
    cipherSuites = List.copyOf(cipherSuites);
  }

  /**
   * @param versionOption what the version is called where it is chosen, for errors
   * @param minVersion {@code VersionTLS12}, {@code VersionTLS13} or nothing
   * @param suitesOption what the ciphers are called there
   * @throws IllegalArgumentException of a version or cipher that there is not
   */
  public static TlsChoice of(
      String versionOption, String minVersion, String suitesOption, List<String> cipherSuites) {
    boolean only13 =
        switch (minVersion) {
          case "", "VersionTLS12" -> false;
          case "VersionTLS13" -> true;
          case "VersionTLS10", "VersionTLS11" ->
              throw new IllegalArgumentException(
                  versionOption
                      + ": "
                      + minVersion
                      + " is not spoken any more; it is VersionTLS12 or VersionTLS13");
          default ->
              throw new IllegalArgumentException(
                  versionOption + ": unknown tls version \"" + minVersion + "\"");
        };
    Set<String> known = supported();
    for (String suite : cipherSuites) {
      if (!known.contains(platformsName(suite))) {
        throw new IllegalArgumentException(
            suitesOption + ": Cipher suite " + suite + " not supported or doesn't exist");
      }
    }
    return new TlsChoice(only13, cipherSuites);
  }

  private static Set<String> supported() {
    try {
      return Set.copyOf(
          Arrays.asList(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Go has two names for some. */
  private static String platformsName(String suite) {
    return suite.endsWith(SHORT_NAME) ? suite + "_SHA256" : suite;
  }

  /** {@code VersionTLS12} or {@code VersionTLS13}. */
  public String minVersion() {
    return onlyVersion13 ? "VersionTLS13" : "VersionTLS12";
  }

  /** By the platform's names. */
  public Set<String> protocols() {
    Set<String> out = new LinkedHashSet<>(List.of("TLSv1.3"));
    if (!onlyVersion13) {
      out.add("TLSv1.2");
    }
    return out;
  }

  /** By the platform's names; empty for its own choice. */
  public List<String> offered() {
    if (cipherSuites.isEmpty()) {
      return List.of();
    }
    List<String> out = new ArrayList<>(OF_VERSION_13);
    cipherSuites.stream()
        .map(TlsChoice::platformsName)
        .filter(suite -> !out.contains(suite))
        .forEach(out::add);
    return out;
  }
}
