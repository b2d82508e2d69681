package dev.coracle.apiserver.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.internal.crd.RuleMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was stored with zeros that are left out now can be written back as it is read now. */
class StoredFormsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "|pods| {'hostNetwork':false,'tolerations':[],'restartPolicy':'Always','dnsPolicy':'ClusterFirst',"
            + "'terminationGracePeriodSeconds':30,'containers':[{'name':'c','image':'i','command':[],"
            + "'imagePullPolicy':'Always','terminationMessagePath':'/t','terminationMessagePolicy':'File'}]}",
        "batch|jobs| {'manualSelector':true,'selector':{'matchLabels':{'a':'b'}},'parallelism':1,'completions':1,'backoffLimit':6,"
            + "'completionMode':'NonIndexed','template':{'metadata':{'labels':{'a':'b'}},'spec':"
            + "{'hostPID':false,'restartPolicy':'Never','dnsPolicy':'ClusterFirst','containers':[{'name':'c',"
            + "'image':'i','args':[],'imagePullPolicy':'Always','terminationMessagePolicy':'File'}]}}}"
      })
  void isNoChange(String group, String resource, String spec) {
    ResourceDefinition definition =
        Scheme.builtIn().resource(group == null ? "" : group, "v1", resource).orElseThrow();
    ObjectNode stored =
        Json.object()
            .put("apiVersion", definition.kind().apiVersion())
            .put("kind", definition.kind().kind());
    stored
        .putObject("metadata")
        .put("name", "old")
        .put("namespace", "default")
        .put("uid", "u")
        .put("resourceVersion", "1")
        .put("creationTimestamp", "2026-01-01T00:00:00Z");
    stored.set("spec", Json.parse(spec.replace('\'', '"')));
    ObjectNode now = Decoder.decode(stored, definition.schema()).tree();
    assertThat(now.path("spec").equals(stored.path("spec"))).isFalse();
    SchemaRules rules =
        new SchemaRules(definition, KindStrategy.PLAIN, RuleMeters.of(new SimpleMeterRegistry()));
    assertThat(rules.validate(now, KubeObject.of(stored), "", _ -> {})).isEmpty();
    ObjectNode changed = now.deepCopy();
    changed.withObject("/spec").put("activeDeadlineSeconds", -1);
    assertThat(rules.validate(changed, KubeObject.of(stored), "", _ -> {})).isNotEmpty();
  }
}
