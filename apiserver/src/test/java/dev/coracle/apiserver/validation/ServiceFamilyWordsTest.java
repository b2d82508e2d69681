package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a Service's addresses and families, whatever ranges the cluster has. */
class ServiceFamilyWordsTest {

  private static final Judge SERVICES = Judge.of("", "services");

  private static String service(String spec) {
    return "{'metadata':{'name':'n','namespace':'d'},'spec':{'ports':[{'port':80}],"
        + spec.replace('~', ',')
        + "}}";
  }

  private static void check(List<String> found, @Nullable String words) {
    assertThat(found).isEqualTo(words == null ? List.of() : List.of(words.split(" & ")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'] |
          'clusterIP':'10.0.0.1' |
          'clusterIP':'fd00::1','clusterIPs':['fd00::1','10.0.0.1'],'ipFamilyPolicy':'PreferDualStack' |
          'clusterIP':'fd00::1','clusterIPs':['fd00::1'],'ipFamilies':['IPv6','IPv4'] |
          'clusterIPs':['10.0.0.1'] | spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.2'] | spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`
          'ipFamilies':['IPv5'] | spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"
          'ipFamilies':['IPv4','IPv4'] | spec.ipFamilies[1]: Duplicate value: "IPv4"
          'ipFamilyPolicy':'Dual' | spec.ipFamilyPolicy: Unsupported value: "Dual": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"
          'clusterIP':'None','clusterIPs':['None','fd00::1'] | spec.clusterIPs: Invalid value: ["None","fd00::1"]: 'None' must be the first and only value
          'clusterIP':'x','clusterIPs':['x'] | spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','None'] | spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','10.0.0.2'] | spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'ipFamilies':['IPv6'] | spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`
          'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','fd00::1'],'ipFamilies':['IPv6','IPv4'] | spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]` & spec.clusterIPs[1]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[1]`
          'clusterIP':'fd00::1','clusterIPs':['fd00::1','10.0.0.1','fd00::2'] | spec.clusterIPs: Invalid value: ["fd00::1","10.0.0.1","fd00::2"]: may only hold up to 2 values
          """)
  void ofNewOnes(String spec, @Nullable String words) {
    check(SERVICES.create(service(spec)), words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          '10.0.0.1' | 'IPv4' | '10.0.0.1','fd00::1' | 'IPv4','IPv6' |
          '10.0.0.1','fd00::1' | 'IPv4','IPv6' | '10.0.0.1' | 'IPv4' |
          '10.0.0.1','fd00::1' | 'IPv4','IPv6' | '10.0.0.1','fd00::1' | 'IPv4' |
          '10.0.0.1' | 'IPv4' | '10.0.0.2' | 'IPv4' | spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set
          '10.0.0.1' | 'IPv4' | '10.0.0.2','fd00::1' | 'IPv4','IPv6' | spec.clusterIPs[0]: Invalid value: ["10.0.0.2","fd00::1"]: may not change once set
          '10.0.0.1','fd00::1' | 'IPv4','IPv6' | '10.0.0.1','fd00::2' | 'IPv4','IPv6' | spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::2"]: may not change once set
          '10.0.0.1','fd00::1' | 'IPv4','IPv6' | '10.0.0.2' | 'IPv4' | spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set
          '10.0.0.1' | 'IPv4' | 'None' | 'IPv6' | spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set
          'None' | 'IPv4' | 'None' | 'IPv6','IPv4' |
          """)
  void ofThoseThatChange(
      String ips, String families, String newIps, String newFamilies, @Nullable String words) {
    check(SERVICES.update(stored(ips, families), stored(newIps, newFamilies)), words);
  }

  private static String stored(String ips, String families) {
    String first = ips.split(",")[0];
    return service(
            "'clusterIP':" + first + ",'clusterIPs':[" + ips + "],'ipFamilies':[" + families + "]")
        .replace("'name':'n'", "'name':'n','resourceVersion':'1'");
  }
}
