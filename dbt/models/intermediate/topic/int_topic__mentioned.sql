{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'topic_id', 'source', 'mention_id'], 'unique': true},
        {'columns': ['topic_id', 'partition_on']},
    ],
) }}

with chart_entries as (
    select * from {{ ref('stg_youtube__chart_entries') }}
    where {{ is_affected('partition_on') }}
),

stories as (
    select * from {{ ref('stg_hackernews__stories') }}
    where {{ is_affected('partition_on') }}
),

pageviews as (
    select * from {{ ref('stg_wikipedia__pageviews') }}
    where {{ is_affected('partition_on') }}
),

stop_words as (
    select * from {{ ref('topic_stop_words') }}
),

titled as (
    select
        partition_on,
        'chart' as source,
        video_id as mention_id,
        min(title) as title,
        min(channel_id) as channel_id,
        min(category_id) as category_id,
        string_agg(distinct region, ',' order by region) as regions,
        max(views) as amount,
        max(fetched_at) as fetched_at
    from chart_entries
    group by partition_on, video_id
    union all
    select
        partition_on,
        'hackernews' as source,
        story_id as mention_id,
        title,
        null as channel_id,
        null as category_id,
        null as regions,
        points as amount,
        fetched_at
    from stories
    where title is not null
    union all
    select
        partition_on,
        'wikipedia' as source,
        project || ':' || article as mention_id,
        title,
        null as channel_id,
        null as category_id,
        null as regions,
        views as amount,
        fetched_at
    from pageviews
),

words as (
    select
        titles.title,
        split.spelling,
        split.place,
        {{ topic_word('split.spelling') }} as word
    from (select distinct title from titled) as titles
    cross join lateral {{ topic_spellings('titles.title') }} with ordinality as split (spelling, place)
    where split.spelling <> ''
),

judged as (
    select
        words.title,
        words.spelling,
        words.place,
        words.word,
        words.word ~ '^\d+$' as is_number,
        stop_words.word is null and words.word <> '' as is_telling,
        lead(words.spelling) over by_place as next_spelling,
        lead(words.word) over by_place as next_word,
        lead(stop_words.word is null and words.word <> '') over by_place as is_next_telling
    from words
    left join stop_words on words.word = stop_words.word
    window by_place as (partition by words.title order by words.place)
),

topics as (
    select
        title,
        word as topic_id,
        min(spelling) as topic_title
    from judged
    where is_telling and not is_number and char_length(word) >= case when word ~ '[a-z]' then 3 else 2 end
    group by title, word
    union all
    select
        title,
        word || ' ' || next_word as topic_id,
        min(spelling || ' ' || next_spelling) as topic_title
    from judged
    where is_telling and is_next_telling and not is_number and char_length(word || next_word) >= 3
    group by title, word, next_word
),

final as (
    select
        titled.partition_on,
        topics.topic_id,
        titled.source,
        titled.mention_id,
        topics.topic_title,
        titled.channel_id,
        titled.category_id,
        titled.regions,
        titled.amount,
        titled.fetched_at
    from titled
    inner join topics on titled.title = topics.title
)

select * from final
