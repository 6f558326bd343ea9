export function getServerSideProps() {
  return { props: { mood: "glad" } };
}

export default function Home({ mood }) {
  return <p>They are {mood}.</p>;
}
