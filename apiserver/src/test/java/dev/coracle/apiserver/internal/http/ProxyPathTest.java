package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyPathTest {

  @ParameterizedTest
  @CsvSource({
    "/api/v1/nodes/n/proxy,''",
    "/api/v1/nodes/n/proxy/proxy/x,/proxy/x",
    "/api/v1/nodes/proxy/proxy?x=/proxy,?x=/proxy",
    "/api/v1/namespaces/proxy-1/pods/proxy-2/proxy/x//y,/x//y",
    "/api/v1/namespaces/proxy/services/https:proxy:443/proxy/,/",
  })
  void knowsTheSubresourceFromNames(String uri, String rest) {
    assertThat(uri.substring(ProxyPath.end(uri))).isEqualTo(rest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/nodes/proxy",
        "/api/v1/namespaces/proxy/pods/proxy",
        "/api/v1/namespaces/a/pods/b/proxies",
        "/api/v1/namespaces/a/pods/b/log?x=/proxy/",
        "/",
        "",
      })
  void findsNoneWhereThereIsNone(String uri) {
    assertThat(ProxyPath.end(uri)).isEqualTo(-1);
  }
}
