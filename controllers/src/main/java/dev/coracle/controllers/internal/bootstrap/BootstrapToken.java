package dev.coracle.controllers.internal.bootstrap;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.InformerOptions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/** A view over a Secret that holds a bootstrap token. */
record BootstrapToken(KubeObject secret) {

  static final String TYPE = "bootstrap.kubernetes.io/token";
  static final String NAMESPACE = "kube-system";
  private static final String PREFIX = "bootstrap-token-";
  private static final Pattern ID = Pattern.compile("[a-z0-9]{6}");

  /** Only such Secrets are kept in memory. */
  static InformerOptions selection() {
    return InformerOptions.inNamespace(NAMESPACE).withFields(FieldSelector.equalTo("type", TYPE));
  }

  String id() {
    return data("token-id");
  }

  String word() {
    return data("token-secret");
  }

  /**
   * Whether the id has the form it must have, the name has the id, and there is a secret. The
   * secret's own form is asked for only where someone signs in with it.
   */
  boolean wellFormed() {
    return ID.matcher(id()).matches() && !word().isEmpty() && secret.name().equals(PREFIX + id());
  }

  boolean signs() {
    return data("usage-bootstrap-signing").equals("true");
  }

  Optional<Instant> expiration() {
    return Optional.ofNullable(Timestamps.parse(data("expiration")));
  }

  /** An expiration that is not a time counts as past. */
  boolean expired(Instant now) {
    return !data("expiration").isEmpty() && expiration().map(end -> !end.isAfter(now)).orElse(true);
  }

  private String data(String key) {
    try {
      return new String(
          Base64.getDecoder().decode(secret.text("data", key)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
