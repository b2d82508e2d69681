package dev.coracle.apiserver.internal.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HtmlLinksTest {
  private static final ProxiedLinks LINKS =
      new ProxiedLinks("/api/v1/p/proxy", "10.0.0.1:80", "localhost:8001");

  private static String rewritten(String page, int piece) {
    HtmlLinks links = new HtmlLinks(LINKS::rewritten);
    byte[] bytes = page.getBytes(UTF_8);
    Buffer out = Buffer.buffer();
    for (int from = 0; from < bytes.length; from += piece) {
      int to = Math.min(bytes.length, from + piece);
      out.appendBuffer(links.feed(Buffer.buffer(bytes).getBuffer(from, to)));
    }
    return out.appendBuffer(links.finish()).toString(UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "<a href=\"/x?y=1&amp;z#w\">/x</a>|<a href=\"/api/v1/p/proxy/x?y=1&amp;z#w\">/x</a>",
        "<A HREF='/x'>|<A HREF='/api/v1/p/proxy/x'>",
        "<a href=/x>|<a href=/api/v1/p/proxy/x>",
        "<a title=\"a>b\" href = \"/x\" >|<a title=\"a>b\" href = \"/api/v1/p/proxy/x\" >",
        "<img src=\"/i.png\" alt=/i.png/>|<img src=\"/api/v1/p/proxy/i.png\" alt=/i.png/>",
        "<script src=\"/a.js\"></script>|<script src=\"/api/v1/p/proxy/a.js\"></script>",
        "<form action=\"/f\" method=post>|<form action=\"/api/v1/p/proxy/f\" method=post>",
        "<div href=\"/x\">|<div href=\"/x\">",
        "<a href=\"x/y\">|<a href=\"x/y\">",
        "<a href=\"#top\">|<a href=\"#top\">",
        "<a href=\"mailto:a@b\">|<a href=\"mailto:a@b\">",
        "<a href=\"//example.org/x\">|<a href=\"//example.org/x\">",
        "<a href=\"https://example.org/x\">|<a href=\"https://example.org/x\">",
        "<a href=\"http://10.0.0.1:80/x\">|<a href=\"/api/v1/p/proxy/x\">",
        "<a href=\"http://localhost:8001/x\">|<a href=\"http://localhost:8001/api/v1/p/proxy/x\">",
        "<a href=\"/api/v1/p/proxy/x\">|<a href=\"/api/v1/p/proxy/x\">",
        "<!-- <a href=\"/x\"> --><a href=\"/y\">"
            + "|<!-- <a href=\"/x\"> --><a href=\"/api/v1/p/proxy/y\">",
        "<!--><a href=\"/y\">|<!--><a href=\"/api/v1/p/proxy/y\">",
        "<script>w('<a href=\"/x\">')</SCRIPT><a href=\"/y\">"
            + "|<script>w('<a href=\"/x\">')</SCRIPT><a href=\"/api/v1/p/proxy/y\">",
        "<!DOCTYPE html>1 < 2 <a href=\"/y\">"
            + "|<!DOCTYPE html>1 < 2 <a href=\"/api/v1/p/proxy/y\">",
        "<a href=\"/y|<a href=\"/y",
        "<a|<a",
        "<a href=|<a href=",
        "ü<a href=\"/ü\">ü|ü<a href=\"/api/v1/p/proxy/ü\">ü",
      })
  void rewritesWhatLeadsToTheSameServer(String page, String expected) {
    for (int piece = 1; piece <= page.length(); piece++) {
      assertThat(rewritten(page, piece)).as("in pieces of %d", piece).isEqualTo(expected);
    }
  }

  @Test
  void knowsTheOtherSideByItsIpv6Address() {
    Destination pod = new Destination(false, false, "fd00::1", 80, "/", false, "/p/proxy");
    ProxiedLinks links = ProxiedLinks.of(pod, "");
    assertThat(links.rewritten("http://[fd00::1]:80/x")).isEqualTo("/p/proxy/x");
    assertThat(links.rewritten("http://[fd00::2]:80/x")).isEqualTo("http://[fd00::2]:80/x");
    assertThat(links.rewritten("///x")).isEqualTo("/p/proxy///x");
  }

  @Test
  void aTagWithoutAnEndIsNotKeptForEver() {
    HtmlLinks links = new HtmlLinks(LINKS::rewritten);
    int left = 0;
    Buffer piece = Buffer.buffer("<a href=\"/" + "x".repeat(40_000));
    for (int i = 0; i < 10; i++) {
      left += links.feed(piece).length();
    }
    assertThat(left).isGreaterThan(8 * piece.length());
    assertThat(left + links.finish().length()).isEqualTo(10 * piece.length());
  }

  @Test
  void whateverComesLeavesAsItCameWhereNothingIsRewritten() {
    Random random = new Random(5);
    String alphabet = "<>/!-=\"' aAscriptyle\n";
    for (int n = 0; n < 20_000; n++) {
      StringBuilder page = new StringBuilder();
      for (int i = random.nextInt(60); i >= 0; i--) {
        page.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      HtmlLinks links = new HtmlLinks(url -> url);
      Buffer out = Buffer.buffer();
      for (int i = 0; i < page.length(); ) {
        int to = Math.min(page.length(), i + 1 + random.nextInt(8));
        out.appendBuffer(links.feed(Buffer.buffer(page.substring(i, to))));
        i = to;
      }
      assertThat(out.appendBuffer(links.finish())).hasToString(page.toString());
    }
  }
}
