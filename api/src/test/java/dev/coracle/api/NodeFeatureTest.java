package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeFeatureTest {
  private static final String RULE = "restartPolicyRules: [{action: RestartAllContainers}]";

  private static JsonNode tree(String yaml) {
    return Yaml.parse(yaml.getBytes(StandardCharsets.UTF_8), 1000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {containers: [{restartPolicyRules: [{action: RestartAllContainers}]}]}     | RESTART_OF_ALL_CONTAINERS
          {initContainers: [{restartPolicyRules: [{action: RestartAllContainers}]}]} | RESTART_OF_ALL_CONTAINERS
          {containers: [{restartPolicyRules: [{action: Restart}]}]}                  |
          {hostNetwork: true, hostUsers: false}                                      | USERS_ON_THE_HOSTS_NETWORK
          {hostNetwork: true}                                                        |
          {hostUsers: false}                                                         |
          {resources: {limits: {cpu: 1}}}                                            |
          """)
  void whatAPodNeedsToRun(String spec, NodeFeature needed) {
    assertThat(NodeFeature.toRun(tree(spec)))
        .isEqualTo(needed == null ? List.of() : List.of(needed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {resources: {requests: {cpu: 1}}} | {resources: {requests: {cpu: 2}}}   | RESIZE_OF_PODS
          {}                                | {resources: {requests: {cpu: 2}}}   | RESIZE_OF_PODS
          {resources: {requests: {cpu: 1}}} | {}                                  | RESIZE_OF_PODS
          {resources: {requests: {cpu: 1}}} | {resources: {requests: {cpu: 1000m}, limits: {}}} |
          {containers: [{resources: {requests: {cpu: 1}}}]} | {containers: [{resources: {requests: {cpu: 2}}}]} |
          {initContainers: [{}]} | {initContainers: [{resources: {requests: {cpu: 2}}}]} | RESIZE_OF_INIT_CONTAINERS
          {initContainers: [{restartPolicy: Always}]} | {initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 2}}}]} |
          """)
  void whatAChangeNeeds(String before, String now, NodeFeature needed) {
    assertThat(NodeFeature.toChange(tree(before), tree(now)))
        .isEqualTo(needed == null ? List.of() : List.of(needed));
  }

  @Test
  void whatTheNodeDoesNotDeclareIsMissing() {
    List<NodeFeature> needed =
        NodeFeature.toRun(
            tree("{hostNetwork: true, hostUsers: false, containers: [{" + RULE + "}]}"));
    assertThat(NodeFeature.missing(needed, tree("{}")))
        .containsExactly(
            "RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport");
    String declares = "{status: {declaredFeatures: [Other, RestartAllContainersOnContainerExits]}}";
    assertThat(NodeFeature.missing(needed, tree(declares)))
        .containsExactly("UserNamespacesHostNetworkSupport");
  }

  @Test
  void theirOrderIsThatOfTheirNames() {
    assertThat(Arrays.stream(NodeFeature.values()).map(NodeFeature::declared)).isSorted();
  }
}
