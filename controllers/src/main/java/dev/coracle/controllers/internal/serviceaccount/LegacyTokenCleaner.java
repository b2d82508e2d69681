package dev.coracle.controllers.internal.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Marks tokens in Secrets that their account names, as generated ones are, and that nobody has used
 * for long, as not valid; and deletes the Secret when nobody has missed it for as long again
 * (KEP-2799). What a pod uses stays, and so does what was made by hand.
 */
public final class LegacyTokenCleaner extends LoopController {

  private static final String TYPE = "kubernetes.io/service-account-token";
  private static final String LAST_USED = "kubernetes.io/legacy-token-last-used";
  private static final String INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

  /** Says since when the API server labels what is used. */
  private static final String TRACKING = "kube-apiserver-legacy-service-account-token-tracking";

  private static final Duration DAY = Duration.ofDays(1);

  private final Lister secrets;
  private final Lister accounts;
  private final Lister pods;
  private final Duration period;

  public LegacyTokenCleaner(Environment env) {
    super("legacy-serviceaccount-token-cleaner-controller", env);
    Informer secretInformer =
        env.informers()
            .informer(
                Resources.SECRETS,
                InformerOptions.ALL.withFields(FieldSelector.equalTo("type", TYPE)));
    Informer accountInformer = env.informer(Resources.SERVICE_ACCOUNTS);
    this.secrets = secretInformer.lister();
    this.accounts = accountInformer.lister();
    this.pods = env.informer(Resources.PODS).lister();
    this.period = env.options().tuning().legacyTokenPeriod();
    onAny(secretInformer, secret -> enqueue(secret.namespace(), secret.name()));
    onAny(
        accountInformer,
        account -> {
          for (JsonNode reference : account.at("secrets")) {
            enqueue(account.namespace(), reference.path("name").asText(""));
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject secret = secrets.get(name.namespace(), name.name()).orElse(null);
    if (secret == null
        || secret.isDeleting()
        || !secret.text("type").equals(TYPE)
        || !isGenerated(secret)) {
      return DONE;
    }
    return env.client()
        .get(Resources.CONFIG_MAPS, "kube-system", TRACKING)
        .map(tracking -> date(tracking.text("data", "since")))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Optional.empty())
        .chain(since -> since.isEmpty() ? later(DAY) : clean(secret, since.get()))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private boolean isGenerated(KubeObject secret) {
    String account = secret.annotation("kubernetes.io/service-account.name").orElse("");
    return accounts.get(secret.namespace(), account).stream()
        .filter(
            a -> a.uid().equals(secret.annotation("kubernetes.io/service-account.uid").orElse("")))
        .flatMap(a -> a.at("secrets").valueStream())
        .anyMatch(reference -> reference.path("name").asText("").equals(secret.name()));
  }

  private Uni<Result> clean(KubeObject secret, LocalDate trackedSince) {
    String used = secret.labels().getOrDefault(LAST_USED, "");
    Optional<LocalDate> lastUsed = date(used);
    Instant made = Timestamps.parse(secret.metadata().path("creationTimestamp").asText(""));
    if (lastUsed.isEmpty() && secret.labels().containsKey(LAST_USED) || made == null) {
      // Nobody knows when it was used.
      return DONE;
    }
    // A day is over when the next one begins.
    Instant due =
        Stream.concat(
                Stream.of(made, end(trackedSince)), lastUsed.stream().map(LegacyTokenCleaner::end))
            .max(Instant::compareTo)
            .orElseThrow()
            .plus(period);
    if (env.now().isBefore(due)) {
      return later(Duration.between(env.now(), due));
    }
    if (pods.list(secret.namespace()).stream()
        .anyMatch(pod -> mentions(pod.at("spec"), secret.name()))) {
      return later(DAY);
    }
    Optional<LocalDate> invalid = date(secret.labels().getOrDefault(INVALID_SINCE, ""));
    if (invalid.isEmpty()) {
      return mark(secret);
    }
    Instant end = end(invalid.get()).plus(period);
    return env.now().isBefore(end) ? later(Duration.between(env.now(), end)) : delete(secret);
  }

  private static Uni<Result> later(Duration delay) {
    return Uni.createFrom().item(Result.requeueAfter(delay));
  }

  private static Instant end(LocalDate day) {
    return day.plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  private static Optional<LocalDate> date(String text) {
    try {
      return Optional.of(LocalDate.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** Whether anything that a pod says of names may mean the Secret; rather once too often. */
  private static boolean mentions(JsonNode node, String name) {
    for (JsonNode child : node) {
      if (child.isTextual() ? child.asText().equals(name) : mentions(child, name)) {
        return true;
      }
    }
    return false;
  }

  private Uni<Result> mark(KubeObject secret) {
    Patch patch =
        Patch.merge(body ->
            body.putObject("metadata")
                .put("uid", secret.uid())
                .put("resourceVersion", secret.resourceVersion())
                .putObject("labels")
                .put(INVALID_SINCE, LocalDate.ofInstant(env.now(), ZoneOffset.UTC).toString()));
    return env.client()
        .patch(Resources.SECRETS, secret.namespace(), secret.name(), patch)
        .replaceWith(Result.DONE);
  }

  private Uni<Result> delete(KubeObject secret) {
    return env.client()
        .delete(
            Resources.SECRETS,
            secret.namespace(),
            secret.name(),
            DeleteOptions.DEFAULT.ifUid(secret.uid()).ifResourceVersion(secret.resourceVersion()))
        .replaceWith(Result.DONE);
  }
}
