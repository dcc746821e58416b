import { createHash } from 'node:crypto';

export interface City {
  name: string;
  /** Kuaidi100's names of the area, from the province down. */
  areaName: string;
  /** `CN` and the administrative division's code. */
  areaCode: string;
}

const city = (name: string, areaName: string, division: string): City => ({
  name,
  areaName,
  areaCode: `CN${division}000000`,
});

const CITIES: readonly City[] = [
  city('北京市', '北京,北京市', '110100'),
  city('上海市', '上海,上海市', '310100'),
  city('杭州市', '浙江,杭州市', '330100'),
  city('南京市', '江苏,南京市', '320100'),
  city('武汉市', '湖北,武汉市', '420100'),
  city('郑州市', '河南,郑州市', '410100'),
  city('西安市', '陕西,西安市', '610100'),
  city('成都市', '四川,成都市', '510100'),
  city('长沙市', '湖南,长沙市', '430100'),
  city('广州市', '广东,广州市', '440100'),
  city('深圳市', '广东,深圳市', '440300'),
];

export interface Route {
  origin: City;
  hubs: readonly [City, City];
  destination: City;
}

/** The cities that a parcel passes: four different ones, always the same for a number. */
export function routeOf(trackingNo: string): Route {
  const digest = createHash('sha256').update(trackingNo).digest();
  const left = [...CITIES];
  const next = (turn: number): City => {
    const [chosen] = left.splice((digest[turn] ?? 0) % left.length, 1);
    if (!chosen) throw new Error('There are fewer cities than a route has.');
    return chosen;
  };
  return { origin: next(0), hubs: [next(1), next(2)], destination: next(3) };
}

/** A place by its name, with its codes if it is one of the sandbox's cities. */
export function placeOf(name: string): City | { name: string } {
  return CITIES.find((known) => known.name === name) ?? { name };
}
