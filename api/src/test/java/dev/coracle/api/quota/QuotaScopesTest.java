package dev.coracle.api.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaScopesTest {

  private static JsonNode tree(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static boolean pod(String quota, String pod) {
    return QuotaScopes.count(tree(quota), Resources.PODS.groupResource(), tree(pod));
  }

  private static String affinity(String kind, String term) {
    return "{'spec':{'affinity':{'" + kind + "':" + term + "}}}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          Terminating | {'spec':{'activeDeadlineSeconds':0}} | true
          Terminating | {'spec':{}} | false
          NotTerminating | {'spec':{}} | true
          BestEffort | {'spec':{'containers':[{}]}} | true
          BestEffort | {'spec':{'containers':[{'resources':{'requests':{'example.com/gpu':'1'}}}]}} | true
          BestEffort | {'spec':{'containers':[{'resources':{'requests':{'cpu':'0'}}}]}} | true
          BestEffort | {'spec':{'containers':[{'resources':{'limits':{'memory':'1'}}}]}} | false
          BestEffort | {'spec':{'containers':[{}],'initContainers':[{'resources':{'limits':{'cpu':'1'}}}]}} | false
          BestEffort | {'spec':{'containers':[{}],'resources':{'requests':{'cpu':'1'}}}} | false
          BestEffort | {'spec':{'containers':[{}]},'status':{'qosClass':'Burstable'}} | false
          NotBestEffort | {'spec':{'containers':[{}],'resources':{'requests':{'cpu':'1'}}}} | true
          PriorityClass | {'spec':{'priorityClassName':'high'}} | true
          PriorityClass | {'spec':{}} | false
          VolumeAttributesClass | {'spec':{}} | false
          """)
  void podsAreInScopesOrNot(String scope, String pod, boolean counts) {
    assertThat(pod("{'scopes':['" + scope + "']}", pod)).isEqualTo(counts);
  }

  @ParameterizedTest
  @CsvSource({
    "In,high,true",
    "In,low,false",
    "NotIn,high,false",
    "NotIn,low,true",
    "NotIn,,true",
    "Exists,low,true",
    "Exists,,false",
    "DoesNotExist,,true",
    "DoesNotExist,low,false"
  })
  void prioritiesAreSelected(String operator, String priority, boolean counts) {
    String quota =
        "{'scopeSelector':{'matchExpressions':[{'scopeName':'PriorityClass','operator':'"
            + operator
            + "','values':['high']}]}}";
    String pod =
        priority == null ? "{'spec':{}}" : "{'spec':{'priorityClassName':'" + priority + "'}}";
    assertThat(pod(quota, pod)).isEqualTo(counts);
  }

  @Test
  void podsThatLookAtOtherNamespacesAreFoundByTheirTermsAlone() {
    String quota = "{'scopes':['CrossNamespacePodAffinity']}";
    String required = "{'requiredDuringSchedulingIgnoredDuringExecution':[%s]}";
    String preferred =
        "{'preferredDuringSchedulingIgnoredDuringExecution':[{'podAffinityTerm':%s}]}";
    String elsewhere = "{'namespaces':['other']}";
    assertThat(pod(quota, affinity("podAffinity", required.formatted(elsewhere)))).isTrue();
    assertThat(pod(quota, affinity("podAntiAffinity", preferred.formatted(elsewhere)))).isTrue();
    assertThat(pod(quota, affinity("podAffinity", required.formatted("{'namespaceSelector':{}}"))))
        .isTrue();
    assertThat(
            pod(
                quota,
                affinity(
                    "podAffinity",
                    required.formatted("{'labelSelector':{'matchLabels':{'namespaces':'x'}}}"))))
        .isFalse();
  }

  @Test
  void allScopesCount() {
    String quota =
        "{'scopes':['NotTerminating'],'scopeSelector':{'matchExpressions':"
            + "[{'scopeName':'PriorityClass','operator':'Exists'}]}}";
    assertThat(pod(quota, "{'spec':{'priorityClassName':'a'}}")).isTrue();
    assertThat(pod(quota, "{'spec':{'priorityClassName':'a','activeDeadlineSeconds':1}}"))
        .isFalse();
  }

  private static boolean claim(String operator, String claim) {
    return QuotaScopes.count(
        tree(
            "{'scopeSelector':{'matchExpressions':[{'scopeName':'VolumeAttributesClass','operator':'"
                + operator
                + "','values':['gold']}]}}"),
        Resources.PERSISTENT_VOLUME_CLAIMS.groupResource(),
        tree(claim));
  }

  @Test
  void claimsAreSelectedByTheAttributesTheyHaveWantOrAreGiven() {
    assertThat(claim("In", "{'spec':{'volumeAttributesClassName':'gold'}}")).isTrue();
    assertThat(claim("In", "{'status':{'currentVolumeAttributesClassName':'gold'}}")).isTrue();
    assertThat(
            claim(
                "In",
                "{'status':{'modifyVolumeStatus':{'targetVolumeAttributesClassName':'gold'}}}"))
        .isTrue();
    assertThat(claim("In", "{'spec':{'volumeAttributesClassName':'silver'}}")).isFalse();
    assertThat(claim("NotIn", "{'spec':{'volumeAttributesClassName':'silver'}}")).isTrue();
    assertThat(claim("Exists", "{'spec':{}}")).isFalse();
    assertThat(claim("DoesNotExist", "{'spec':{}}")).isTrue();
  }

  @Test
  void ofKindsWithoutScopesAQuotaWithScopesCountsNothing() {
    JsonNode service = tree("{'spec':{}}");
    assertThat(
            QuotaScopes.count(
                tree("{'scopes':['BestEffort']}"), Resources.SERVICES.groupResource(), service))
        .isFalse();
    assertThat(QuotaScopes.count(tree("{}"), Resources.SERVICES.groupResource(), service)).isTrue();
  }
}
