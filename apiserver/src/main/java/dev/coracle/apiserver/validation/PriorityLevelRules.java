package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** PriorityLevelConfigurations: how many requests at a time, and what becomes of the others. */
final class PriorityLevelRules implements KindRules {

  private static final int MOST_QUEUES = 10_000_000;
  private static final int HASH_BITS = 60;
  private static final Set<String> TYPES = Set.of("Exempt", "Limited");
  private static final Set<String> RESPONSES = Set.of("Queue", "Reject");

  @Override
  public void check(ObjectNode level, FieldErrors errors) {
    String name = level.path("metadata").path("name").asText("");
    JsonNode spec = level.path("spec");
    String type = Nodes.text(spec, "type");
    if (name.equals("exempt") != type.equals("Exempt")) {
      errors.invalid(
          FieldPath.SPEC, "type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
    }
    switch (type) {
      case "Exempt" -> {
        if (Nodes.set(spec, "limited")) {
          errors.forbidden(FieldPath.SPEC, "limited", "must be nil if the type is not Limited");
        }
        exempt(spec.path("exempt"), FieldPath.SPEC.child("exempt"), errors);
      }
      case "Limited" -> {
        if (Nodes.set(spec, "exempt")) {
          errors.forbidden(FieldPath.SPEC, "exempt", "must be nil if the type is Limited");
        }
        if (Nodes.set(spec, "limited")) {
          limited(spec.path("limited"), FieldPath.SPEC.child("limited"), errors);
        } else {
          errors.required(FieldPath.SPEC, "limited", "must not be empty when type is Limited");
        }
      }
      default -> errors.unsupported(FieldPath.SPEC, "type", type, TYPES);
    }
    MandatoryFlows.check("PriorityLevelConfiguration", level, errors);
    FlowSchemaRules.conditions(level.path("status"), errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    FlowSchemaRules.conditions(now.path("status"), errors);
  }

  private static void exempt(JsonNode exempt, FieldPath path, FieldErrors errors) {
    shares(exempt, path, errors);
    lendable(exempt, path, errors);
  }

  private static void limited(JsonNode limited, FieldPath path, FieldErrors errors) {
    shares(limited, path, errors);
    response(limited.path("limitResponse"), path.child("limitResponse"), errors);
    lendable(limited, path, errors);
    int borrowing = limited.path("borrowingLimitPercent").asInt(0);
    if (borrowing < 0) {
      errors.invalid(
          path, "borrowingLimitPercent", borrowing, "if specified, must be a non-negative integer");
    }
  }

  private static void shares(JsonNode level, FieldPath path, FieldErrors errors) {
    int shares = level.path("nominalConcurrencyShares").asInt(0);
    if (shares < 0) {
      errors.invalid(path, "nominalConcurrencyShares", shares, "must be a non-negative integer");
    }
  }

  private static void lendable(JsonNode level, FieldPath path, FieldErrors errors) {
    int percent = level.path("lendablePercent").asInt(0);
    if (percent < 0 || percent > 100) {
      errors.invalid(path, "lendablePercent", percent, "must be between 0 and 100, inclusive");
    }
  }

  private static void response(JsonNode response, FieldPath path, FieldErrors errors) {
    String type = Nodes.text(response, "type");
    switch (type) {
      case "Reject" -> {
        if (Nodes.set(response, "queuing")) {
          errors.forbidden(
              path, "queuing", "must be nil if limited.limitResponse.type is not Limited");
        }
      }
      case "Queue" -> {
        if (Nodes.set(response, "queuing")) {
          queuing(response.path("queuing"), path.child("queuing"), errors);
        } else {
          errors.required(
              path, "queuing", "must not be empty if limited.limitResponse.type is Limited");
        }
      }
      default -> errors.unsupported(path, "type", type, RESPONSES);
    }
  }

  private static void queuing(JsonNode queuing, FieldPath path, FieldErrors errors) {
    int length = queuing.path("queueLengthLimit").asInt(0);
    int queues = queuing.path("queues").asInt(0);
    int hand = queuing.path("handSize").asInt(0);
    if (length <= 0) {
      errors.invalid(path, "queueLengthLimit", length, "must be positive");
    }
    if (queues <= 0) {
      errors.invalid(path, "queues", queues, "must be positive");
    } else if (queues > MOST_QUEUES) {
      errors.invalid(path, "queues", queues, "must not be greater than " + MOST_QUEUES);
    }
    if (hand <= 0) {
      errors.invalid(path, "handSize", hand, "must be positive");
    } else if (hand > queues) {
      errors.invalid(path, "handSize", hand, "should not be greater than queues (" + queues + ")");
    } else if (entropy(queues, hand) > HASH_BITS) {
      errors.invalid(
          path,
          "handSize",
          hand,
          "required entropy bits of deckSize "
              + queues
              + " and handSize "
              + hand
              + " should not be greater than "
              + HASH_BITS);
    }
  }

  /** How many bits of a hash it takes to deal a hand of so many queues. */
  private static double entropy(int queues, int hand) {
    return Math.ceil(Math.log(queues) / Math.log(2) * hand);
  }
}
