package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.kubelet.server.KubeletAuth;
import dev.coracle.kubelet.server.NodeAttributes;
import dev.coracle.kubelet.server.UserInfo;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the API server by TokenReview and SubjectAccessReview. */
public final class ReviewAuth implements KubeletAuth {
  private static final GroupVersionResource TOKEN_REVIEWS =
      new GroupVersionResource("authentication.k8s.io", "v1", "tokenreviews");
  private static final GroupVersionResource ACCESS_REVIEWS =
      new GroupVersionResource("authorization.k8s.io", "v1", "subjectaccessreviews");

  private final Client client;

  public ReviewAuth(Client client) {
    this.client = client;
  }

  @Override
  public Uni<Optional<UserInfo>> authenticate(String bearerToken) {
    ObjectNode review =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenReview");
    review.putObject("metadata");
    review.putObject("spec").put("token", bearerToken);
    return client
        .create(TOKEN_REVIEWS, KubeObject.of(review))
        .map(answer -> {
          if (!answer.at("status", "authenticated").asBoolean(false)) {
            return Optional.empty();
          }
          JsonNode user = answer.at("status", "user");
          List<String> groups = new ArrayList<>();
          user.path("groups").forEach(g -> groups.add(g.asText()));
          Map<String, List<String>> extra = new LinkedHashMap<>();
          user.path("extra")
              .properties()
              .forEach(e -> {
                List<String> values = new ArrayList<>();
                e.getValue().forEach(v -> values.add(v.asText()));
                extra.put(e.getKey(), values);
              });
          return Optional.of(
              new UserInfo(
                  user.path("username").asText(""), user.path("uid").asText(""), groups, extra));
        });
  }

  @Override
  public Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    review.putObject("metadata");
    ObjectNode spec = review.putObject("spec");
    spec.putObject("resourceAttributes")
        .put("verb", attributes.verb())
        .put("version", "v1")
        .put("resource", "nodes")
        .put("subresource", attributes.subresource())
        .put("name", attributes.nodeName());
    spec.put("user", user.name());
    ArrayNode groups = spec.putArray("groups");
    user.groups().forEach(groups::add);
    return client
        .create(ACCESS_REVIEWS, KubeObject.of(review))
        .map(answer -> answer.at("status", "allowed").asBoolean(false));
  }
}
