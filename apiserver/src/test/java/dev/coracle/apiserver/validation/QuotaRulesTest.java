package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of quotas and of limits. */
class QuotaRulesTest {

  private static final Judge QUOTAS = Judge.of("", "resourcequotas");
  private static final Judge LIMITS = Judge.of("", "limitranges");
  private static final String META = "{'metadata':{'name':'q','namespace':'d'},'spec':{}}";

  private static List<String> words(@Nullable String words) {
    return words == null ? List.of() : List.of(words.split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          hard={'pods':'1','cpu':'1','requests.example.com/gpu':'2','count/x.y':'1'} |
          hard={'foo':'1'} | spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified;;spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota
          hard={'storage':'1'} | spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota
          hard={'pods':'-1'} | spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0
          hard={'pods':'500m'} | spec.hard[pods]: Invalid value: "500m": must be an integer
          scopes=['X'] | spec.scopes: Invalid value: ["X"]: unsupported scope
          scopes=['BestEffort'];;/spec/hard={'cpu':'1','pods':'1'} | spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource
          scopes=['VolumeAttributesClass'];;/spec/hard={'requests.storage':'1'} |
          scopes=['Terminating','NotTerminating'] | spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes
          scopeSelector={'matchExpressions':[{'scopeName':'PriorityClass','operator':'In','values':['a']}]} |
          scopeSelector={'matchExpressions':[{'scopeName':'PriorityClass','operator':'In'}]} | spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector
          scopeSelector={'matchExpressions':[{'scopeName':'BestEffort','operator':'In','values':['a']}]} | spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity
          scopeSelector={'matchExpressions':[{'scopeName':'PriorityClass','operator':'Exists','values':['a']}]} | spec.scopeSelector.matchExpressions.values: Invalid value: ["a"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector
          scopeSelector={'matchExpressions':[{'scopeName':'X','operator':'Y'}]} | spec.scopeSelector.matchExpressions.scopeName: Invalid value: "X": unsupported scope;;spec.scopeSelector.matchExpressions.operator: Invalid value: "Y": not a valid selector operator
          """)
  void quotas(String edits, @Nullable String words) {
    assertThat(QUOTAS.create(META, "/spec/" + edits)).isEqualTo(words(words));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          'Container','min':{'cpu':'1'},'max':{'cpu':'4'},'default':{'cpu':'2'},'defaultRequest':{'cpu':'1'},'maxLimitRequestRatio':{'cpu':'4'} |
          'x' | type: Invalid value: "x": must be a standard limit type or fully qualified
          'example.com/x' |
          'Pod','max':{'pods':'1'} | max[pods]: Invalid value: "pods": must be a standard resource for containers
          'Pod','default':{'cpu':'1'} | default: Forbidden: may not be specified when `type` is 'Pod'
          'PersistentVolumeClaim','maxLimitRequestRatio':{'storage':'2'} | limits: Required value: either minimum or maximum storage value is required, but neither was provided
          'Container','min':{'cpu':'2'},'max':{'cpu':'1'} | min[cpu]: Invalid value: "2": min value 2 is greater than max value 1;;default[cpu]: Invalid value: "2": min value 2 is greater than default value 1;;defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1
          'Container','max':{'cpu':'1'},'default':{'cpu':'2'},'defaultRequest':{'cpu':'1'} | default[cpu]: Invalid value: "1": default value 2 is greater than max value 1
          'Container','default':{'cpu':'1'},'defaultRequest':{'cpu':'2'} | defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1
          'Container','maxLimitRequestRatio':{'cpu':'500m'} | maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1
          'Pod','min':{'cpu':'1'},'max':{'cpu':'2'},'maxLimitRequestRatio':{'cpu':'3'} | maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000
          'Container','default':{'example.com/a':'2'},'defaultRequest':{'example.com/a':'1'} | defaultRequest[example.com/a]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/a
          """)
  void limits(String limit, @Nullable String words) {
    String at = "spec.limits[0].";
    assertThat(LIMITS.create(META, "/spec/limits=[{'type':" + limit + "}]"))
        .containsExactlyInAnyOrderElementsOf(
            words == null ? List.of() : words(at + words.replace(";;", ";;" + at)));
  }
}
