package dev.coracle.kubelet.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Programs that are asked for credentials of registries (Kubernetes docs, "Configure a kubelet
 * image credential provider"), read from {@code --image-credential-provider-config}.
 *
 * @param providers in the order in which they are asked
 * @param directory where the programs are, {@code --image-credential-provider-bin-dir}
 */
public record CredentialProviders(List<Provider> providers, Path directory) {

  public static final CredentialProviders NONE = new CredentialProviders(List.of(), Path.of(""));

  /** The only version by which a program is told of service accounts. */
  public static final String V1 = "credentialprovider.kubelet.k8s.io/v1";

  /**
   * One program.
   *
   * @param name of its file
   * @param matchImages for which images it is asked, as registries with stars
   * @param cacheDuration for how long an answer holds that does not say so itself
   * @param apiVersion of requests and answers
   * @param env beside the variables of this process
   * @param token whether it is told of the pod's service account, and what of it
   */
  public record Provider(
      String name,
      List<String> matchImages,
      Duration cacheDuration,
      String apiVersion,
      List<String> args,
      Map<String, String> env,
      Optional<TokenAttributes> token) {

    public Provider {
      matchImages = List.copyOf(matchImages);
      args = List.copyOf(args);
      env = Map.copyOf(env);
    }
  }

  /** {@code cacheType}: whose an answer is. */
  public enum CacheType {
    /** Any pod's that has the service account. */
    SERVICE_ACCOUNT("ServiceAccount"),
    /** The token's alone. */
    TOKEN("Token");

    private final String text;

    CacheType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * What a program is told of the pod's service account.
   *
   * @param audience of the token that it is given
   * @param accountRequired whether it is not asked at all for a pod that has none
   * @param requiredKeys annotations of the account that it is given, and not asked without
   * @param optionalKeys annotations that it is given where they are there
   */
  public record TokenAttributes(
      String audience,
      boolean accountRequired,
      CacheType cacheType,
      List<String> requiredKeys,
      List<String> optionalKeys) {

    public TokenAttributes {
      requiredKeys = List.copyOf(requiredKeys);
      optionalKeys = List.copyOf(optionalKeys);
    }
  }

  public CredentialProviders {
    providers = List.copyOf(providers);
  }

  /**
   * @param config a CredentialProviderConfig, or a directory of them
   * @throws IllegalArgumentException that says what is wrong, where it can in upstream's words
   */
  public static CredentialProviders read(Path config, Path directory) {
    return new CredentialProvidersFile(directory).read(config);
  }
}
