package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists put together of pieces are what they would be in one piece. */
class ListFormTest {

  private static final String[] ITEMS = {
    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','labels':{},'finalizers':[]},"
        + "'data':{'text':'one\\n\\n  two\\n','odd':'\\u007f \\\\ \\' \\u00e9 \\ud83d\\ude00 {[,:]}'}}",
    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'b'},'data':{'':''},"
        + "'immutable':true}",
    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','generation':12,"
        + "'ownerReferences':[{'name':'x','blockOwnerDeletion':false},{'name':'y'}]},"
        + "'data':{'empty':'\\n','spaces':'  a\\n b\\n','end':'a\\n\\n'},'odd':[[],[[1.5,null]]]}",
  };

  private static ObjectNode head() {
    ObjectNode list = Json.object().put("kind", "ConfigMapList").put("apiVersion", "v1");
    list.putObject("metadata").put("resourceVersion", "12");
    return list;
  }

  private static List<KubeObject> items(int count) {
    List<KubeObject> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(KubeObject.of(Json.parseObject(ITEMS[i % ITEMS.length].replace('\'', '"'))));
    }
    return items;
  }

  private static ObjectNode whole(int count) {
    ObjectNode list = head();
    var array = list.putArray("items");
    items(count).forEach(i -> array.add(i.tree()));
    return list;
  }

  private static String text(ListForm form, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(form.head(0));
    boolean first = true;
    for (KubeObject object : items(count)) {
      byte[] item = form.item(object);
      out.writeBytes(form.prefix(first, item));
      out.write(item, form.begin(item), item.length - form.begin(item));
      first = false;
    }
    out.writeBytes(form.end(first));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String lines(JsonNode node, String indent) {
    List<String> parts = new ArrayList<>();
    if (node.isObject()) {
      node.properties()
          .forEach(e ->
              parts.add(
                  new String(Json.bytes(Json.NODES.textNode(e.getKey())), StandardCharsets.UTF_8)
                          .strip()
                      + ": "
                      + lines(e.getValue(), indent + "  ")));
    } else if (node.isArray()) {
      node.forEach(n -> parts.add(lines(n, indent + "  ")));
    } else {
      return new String(Json.bytes(node), StandardCharsets.UTF_8).strip();
    }
    String open = node.isObject() ? "{" : "[";
    String close = node.isObject() ? "}" : "]";
    String line = "\n" + indent;
    return parts.isEmpty()
        ? open + close
        : open + line + "  " + String.join("," + line + "  ", parts) + line + close;
  }

  /** In whatever order an object has its fields. */
  @Test
  void ofABuiltInKindItemsDoNotSayWhatTheListSays() {
    List<String> given =
        List.of(
            "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a'}}",
            "{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'b'}}",
            "{'metadata':{'name':'c'},'kind':'ConfigMap','data':{'kind':'x'},'apiVersion':'v1'}");
    ItemHead kind = new ItemHead(GroupVersionKind.of("v1", "ConfigMap"));
    ListForm form = ListForm.json(head(), kind);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(form.head(0));
    List<String> apart = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      KubeObject object = KubeObject.of(Json.parseObject(given.get(i).replace('\'', '"')));
      byte[] item = form.item(object);
      out.writeBytes(form.prefix(i == 0, item));
      out.write(item, form.begin(item), item.length - form.begin(item));
      apart.add(new String(kind.without(object), StandardCharsets.UTF_8).strip());
    }
    out.writeBytes(form.end(false));
    String items =
        "{'metadata':{'name':'a'}},{'metadata':{'name':'b'}},{'metadata':{'name':'c'},'data':{'kind':'x'}}"
            .replace('\'', '"');
    assertThat(Json.parse(out.toByteArray()).path("items").toString()).isEqualTo("[" + items + "]");
    assertThat(String.join(",", apart)).isEqualTo(items);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 7})
  void forPrograms(int count) {
    assertThat(Json.parse(text(ListForm.json(head()), count))).isEqualTo(whole(count));
    assertThat(text(ListForm.json(head(), "items", KubeObject::json), count))
        .isEqualTo(text(ListForm.json(head()), count));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 7})
  void forPeople(int count) {
    String expected = lines(whole(count), "") + "\n";
    assertThat(text(ListForm.pretty(head(), "items", KubeObject::json), count)).isEqualTo(expected);
    assertThat(new String(PrettyJson.document(Json.bytes(whole(count))), StandardCharsets.UTF_8))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 7})
  void asYaml(int count) {
    assertThat(text(ListForm.yaml(head(), "items", KubeObject::json), count))
        .isEqualTo(new String(Yaml.bytes(whole(count)), StandardCharsets.UTF_8));
  }
}
