package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.config.WebhookOptions;
import dev.coracle.cel.Expression;
import java.time.Duration;
import java.util.List;

/**
 * How an authorization webhook is asked.
 *
 * @param version of the SubjectAccessReview: {@code v1} or {@code v1beta1}
 * @param denyOnFailure whether a failure is a refusal, and not only no opinion
 * @param conditions over {@code request}, all of which must hold for the webhook to be asked
 */
public record WebhookSettings(
    String name,
    Duration timeout,
    Duration authorizedTtl,
    Duration unauthorizedTtl,
    String version,
    boolean denyOnFailure,
    List<Expression> conditions) {

  public WebhookSettings {
    conditions = List.copyOf(conditions);
  }

  /** Of the one that flags name. */
  public static WebhookSettings of(WebhookOptions options) {
    return new WebhookSettings(
        "default",
        Duration.ofSeconds(10),
        options.authorizedTtl(),
        options.unauthorizedTtl(),
        "v1",
        false,
        List.of());
  }
}
