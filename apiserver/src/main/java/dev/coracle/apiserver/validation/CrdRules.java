package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** CustomResourceDefinition, down to its structural schemas. */
final class CrdRules implements KindRules {

  private static final List<String> SCOPES = List.of("Cluster", "Namespaced");
  private static final List<String> STRATEGIES = List.of("None", "Webhook");
  private static final Set<String> REVIEWS = Set.of("v1", "v1beta1");

  @Override
  public void check(ObjectNode crd, FieldErrors errors) {
    check(crd, Json.object(), errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, before, errors);
    checkUpdate(now, before, errors);
  }

  private static void check(ObjectNode crd, JsonNode before, FieldErrors errors) {
    JsonNode spec = crd.path("spec");
    String group = Nodes.text(spec, "group");
    String plural = Nodes.text(spec.path("names"), "plural");
    String name = crd.path("metadata").path("name").asText("");
    if (!before.has("metadata") && !name.equals(plural + "." + group)) {
      errors.invalid(
          FieldPath.METADATA, "name", name, "must be spec.names.plural+\".\"+spec.group");
    }
    List<String> problems = NameRules.dnsSubdomain(group);
    if (group.isEmpty()) {
      errors.required(FieldPath.SPEC, "group");
    } else if (!problems.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "group", group, String.join(",", problems));
    } else if (group.indexOf('.') < 0) {
      errors.invalid(FieldPath.SPEC, "group", group, "should be a domain with at least one dot");
    }
    required(spec, "scope", SCOPES, FieldPath.SPEC, errors);
    CrdVersionRules.check(spec, before.path("spec"), errors);
    FieldPath names = FieldPath.SPEC.child("names");
    for (String field : List.of("plural", "singular", "kind", "listKind")) {
      if (!Nodes.has(spec.path("names"), field)) {
        errors.required(names, field);
      }
    }
    names(spec.path("names"), names, errors);
    CrdVersionRules.checkShared(spec, before.path("spec"), errors);
    conversion(spec, before.path("spec"), FieldPath.SPEC.child("conversion"), errors);
    names(
        crd.path("status").path("acceptedNames"), FieldPath.STATUS.child("acceptedNames"), errors);
    stored(crd, before, errors);
    approval(crd, before, group, errors);
    boolean was = before.path("spec").path("preserveUnknownFields").asBoolean();
    if (spec.path("preserveUnknownFields").asBoolean() && !was) {
      errors.invalid(
          FieldPath.SPEC,
          "preserveUnknownFields",
          true,
          "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in"
              + " spec.versions[*].schema instead");
    }
  }

  private static void required(
      JsonNode in, String field, List<String> values, FieldPath at, FieldErrors errors) {
    String value = Nodes.text(in, field);
    if (value.isEmpty()) {
      errors.required(at, field);
    } else if (!values.contains(value)) {
      errors.unsupported(at, field, value, values);
    }
  }

  private static void names(JsonNode names, FieldPath at, FieldErrors errors) {
    for (String field : List.of("plural", "singular", "kind", "listKind")) {
      String value = Nodes.text(names, field);
      boolean mixed = field.endsWith("ind");
      List<String> problems = NameRules.dns1035(mixed ? value.toLowerCase(Locale.ROOT) : value);
      if (!value.isEmpty() && !problems.isEmpty()) {
        String what = mixed ? "may have mixed case, but should otherwise match: " : "";
        errors.invalid(at, field, value, what + String.join(",", problems));
      }
    }
    labels(names, "shortNames", at, errors);
    if (Nodes.has(names, "kind")
        && Nodes.text(names, "kind").equals(Nodes.text(names, "listKind"))) {
      errors.invalid(
          at, "listKind", Nodes.text(names, "listKind"), "kind and listKind may not be the same");
    }
    labels(names, "categories", at, errors);
  }

  private static void labels(JsonNode names, String list, FieldPath at, FieldErrors errors) {
    int i = 0;
    for (JsonNode name : names.path(list)) {
      List<String> problems = NameRules.dns1035(name.asText());
      if (!problems.isEmpty()) {
        errors.invalid(at.child(list).index(i), "", name.asText(), String.join(",", problems));
      }
      i++;
    }
  }

  /** Groups of Kubernetes itself are for what its community has looked at. */
  private static void approval(JsonNode crd, JsonNode before, String group, FieldErrors errors) {
    if (!ApiApproval.isNeeded(group)) {
      return;
    }
    ApiApproval approval = ApiApproval.of(crd);
    if (before.has("metadata") && ApiApproval.of(before).state() == approval.state()) {
      return;
    }
    FieldPath at = FieldPath.METADATA.child("annotations").key(ApiApproval.ANNOTATION);
    switch (approval.state()) {
      case MISSING -> errors.required(at, "", approval.message());
      case INVALID -> errors.invalid(at, "", ApiApproval.said(crd), approval.message());
      case APPROVED, BYPASSED -> {}
    }
  }

  /** Upstream's own form of a definition has these fields one level higher. */
  private static void conversion(JsonNode spec, JsonNode old, FieldPath at, FieldErrors errors) {
    JsonNode conversion = spec.path("conversion");
    if (!conversion.isObject()) {
      return;
    }
    String strategy = Nodes.text(conversion, "strategy");
    if (!strategy.equals("None") && spec.path("preserveUnknownFields").asBoolean()) {
      errors.invalid(
          at, "strategy", strategy, "must be None if spec.preserveUnknownFields is true");
    }
    required(conversion, "strategy", STRATEGIES, at, errors);
    JsonNode webhook = conversion.path("webhook");
    JsonNode reviews = webhook.path("conversionReviewVersions");
    if (strategy.equals("Webhook")) {
      if (Nodes.set(webhook, "clientConfig")) {
        WebhookClientRules.check(
            webhook.path("clientConfig"), at.child("webhookClientConfig"), errors);
        caBundle(spec, old, at, errors);
      } else {
        errors.required(at, "webhookClientConfig", "required when strategy is set to Webhook");
      }
      JsonNode before = old.path("conversion").path("webhook").path("conversionReviewVersions");
      reviews(reviews, before.isEmpty() || known(before), at, errors);
      return;
    }
    String not = "should not be set when strategy is not set to Webhook";
    if (Nodes.set(webhook, "clientConfig")) {
      errors.forbidden(at, "webhookClientConfig", not);
    }
    if (!reviews.isEmpty()) {
      errors.forbidden(at, "conversionReviewVersions", not);
    }
  }

  /** A new definition with a bad bundle is taken, and not served until the bundle is good. */
  private static void caBundle(JsonNode spec, JsonNode old, FieldPath at, FieldErrors errors) {
    if (!old.isObject() || !CaBundles.ofConversion(old).isEmpty()) {
      return;
    }
    String problem = CaBundles.ofConversion(spec);
    if (!problem.isEmpty()) {
      errors.rejected(at.child("webhookClientConfig").child("caBundle"), problem);
    }
  }

  private static boolean known(JsonNode reviews) {
    for (JsonNode version : reviews) {
      if (REVIEWS.contains(version.asText())) {
        return true;
      }
    }
    return false;
  }

  private static void reviews(
      JsonNode versions, boolean mustKnow, FieldPath at, FieldErrors errors) {
    String field = "conversionReviewVersions";
    if (versions.isEmpty()) {
      errors.required(at, field);
      return;
    }
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode version : versions) {
      FieldPath one = at.child(field).index(i++);
      String text = version.asText();
      if (!seen.add(text)) {
        errors.invalid(one, "", text, "duplicate version");
      } else {
        errors.invalid(one, "", text, NameRules.dns1035(text));
      }
    }
    if (mustKnow && !known(versions)) {
      errors.invalid(at, field, versions, "must include at least one of v1, v1beta1");
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    JsonNode names = spec.path("names");
    FieldPath at = FieldPath.SPEC.child("names");
    boolean established = false;
    for (JsonNode c : before.path("status").path("conditions")) {
      established |=
          Nodes.text(c, "type").equals("Established") && Nodes.text(c, "status").equals("True");
    }
    if (established) {
      MetaRules.immutable(spec, old, FieldPath.SPEC, "scope", errors);
      MetaRules.immutable(names, old.path("names"), at, "kind", errors);
    }
    MetaRules.immutable(spec, old, FieldPath.SPEC, "group", errors);
    MetaRules.immutable(names, old.path("names"), at, "plural", errors);
  }

  private static void stored(JsonNode now, JsonNode before, FieldErrors errors) {
    JsonNode status = now.path("status");
    JsonNode stored =
        (status.has("storedVersions") ? status : before.path("status")).path("storedVersions");
    FieldPath at = FieldPath.STATUS.child("storedVersions");
    if (stored.isEmpty()) {
      errors.invalid(at, "", Nodes.NULL, "must have at least one stored version");
      return;
    }
    Map<String, Integer> left = new LinkedHashMap<>();
    int i = 0;
    for (JsonNode version : stored) {
      left.put(version.asText(), i++);
    }
    for (JsonNode version : now.path("spec").path("versions")) {
      String name = Nodes.text(version, "name");
      if (left.remove(name) == null && version.path("storage").asBoolean()) {
        errors.invalid(at, "", stored, "must have the storage version " + name);
      }
    }
    left.forEach((name, index) ->
        errors.invalid(
            at.index(index),
            "",
            name,
            "missing from spec.versions; "
                + name
                + " was previously a storage version,"
                + " and must remain in spec.versions until a storage migration ensures no data"
                + " remains persisted in "
                + name
                + " and removes "
                + name
                + " from status.storedVersions"));
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      names(
          now.path("status").path("acceptedNames"),
          FieldPath.STATUS.child("acceptedNames"),
          errors);
    }
  }
}
