package dev.coracle.apiserver.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Services that are asked who somebody is and what they may, named by kubeconfig files.
 *
 * @param authentication asked with TokenReviews; null: none
 * @param tokenTtl how long its answers are kept
 * @param authorization asked with SubjectAccessReviews when nothing else decides; null: none
 * @param authorizedTtl how long a yes is kept
 * @param unauthorizedTtl how long a no is kept
 */
public record WebhookOptions(
    @Nullable Path authentication,
    Duration tokenTtl,
    @Nullable Path authorization,
    Duration authorizedTtl,
    Duration unauthorizedTtl) {

  public static final WebhookOptions NONE =
      new WebhookOptions(
          null, Duration.ofMinutes(2), null, Duration.ofMinutes(5), Duration.ofSeconds(30));
}
