package dev.coracle.kubelet.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether a pod has to show that it may pull an image that is on the node already (KEP-2535).
 *
 * @param allowlist names without tag, or beginnings that end in {@code /}, that nobody has to show
 *     anything for; only of {@link Policy#NEVER_VERIFY_ALLOWLISTED_IMAGES}
 */
public record PullVerification(Policy policy, List<String> allowlist) {
  /** {@code imagePullCredentialsVerificationPolicy}. */
  public enum Policy {
    NEVER_VERIFY("NeverVerify"),
    /** Only images that this kubelet has not pulled are everybody's. */
    NEVER_VERIFY_PRELOADED_IMAGES("NeverVerifyPreloadedImages"),
    NEVER_VERIFY_ALLOWLISTED_IMAGES("NeverVerifyAllowlistedImages"),
    ALWAYS_VERIFY("AlwaysVerify");

    private final String text;

    Policy(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public static final PullVerification DEFAULT =
      new PullVerification(Policy.NEVER_VERIFY_PRELOADED_IMAGES, List.of());

  public PullVerification {
    allowlist = List.copyOf(allowlist);
  }

  /**
   * @param policy empty for the default
   * @throws IllegalArgumentException that says what is wrong
   */
  static PullVerification of(String policy, List<String> allowlist) {
    Policy chosen = policy.isEmpty() ? DEFAULT.policy : null;
    for (Policy p : Policy.values()) {
      if (p.text.equals(policy)) {
        chosen = p;
      }
    }
    if (chosen == null) {
      throw new IllegalArgumentException(
          "invalid configuration: option \""
              + policy
              + "\" specified for imagePullCredentialsVerificationPolicy is not supported");
    }
    if (!allowlist.isEmpty() && chosen != Policy.NEVER_VERIFY_ALLOWLISTED_IMAGES) {
      throw new IllegalArgumentException(
          "invalid configuration: can't set preloadedImagesVerificationAllowlist if"
              + " imagePullCredentialsVerificationPolicy is not \"NeverVerifyAllowlistedImages\"");
    }
    List<String> patterns = new ArrayList<>();
    for (String pattern : allowlist) {
      boolean prefix = pattern.endsWith("/*");
      String plain = prefix ? pattern.substring(0, pattern.length() - 1) : pattern;
      if (plain.isBlank()
          || plain.equals("/")
          || plain.contains("*")
          || !plain.equals(plain.strip())) {
        throw new IllegalArgumentException(
            "invalid configuration: preloadedImagesVerificationAllowlist: not a valid pattern,"
                + " only names and patterns ending with '/*' are allowed: "
                + pattern);
      }
      patterns.add(full(plain));
    }
    return new PullVerification(chosen, patterns);
  }

  /** Short names are of Docker's registry, as those of pods' images are. */
  private static String full(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    if (first.contains(".") || first.contains(":") || first.equals("localhost")) {
      return name;
    }
    return slash < 0 ? "docker.io/library/" + name : "docker.io/" + name;
  }

  /**
   * @param repository the image's full name, without tag and digest
   * @param pulledHere whether this kubelet has pulled it, or is about to
   */
  public boolean isNeeded(String repository, boolean pulledHere) {
    return switch (policy) {
      case NEVER_VERIFY -> false;
      case NEVER_VERIFY_PRELOADED_IMAGES -> pulledHere;
      case NEVER_VERIFY_ALLOWLISTED_IMAGES ->
          allowlist.stream()
              .noneMatch(p -> p.endsWith("/") ? repository.startsWith(p) : repository.equals(p));
      case ALWAYS_VERIFY -> true;
    };
  }
}
